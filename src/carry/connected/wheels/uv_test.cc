// uv: found, told about a target, its answers and its complaints.
#include "carry/connected/wheels/uv.h"

#include <gtest/gtest.h>

#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

using wheels_test::environment_of;
using wheels_test::FakeUv;
using wheels_test::put;
using wheels_test::put_program;
using wheels_test::target;

class UvTest : public testing::Test {
 protected:
  UvResolution resolution(const std::string& target_text) {
    put(fake_.folder() + "/r.in", "tiny>=1\n");
    UvResolution out;
    out.target = target(target_text);
    out.requirements_file = fake_.folder() + "/r.in";
    return out;
  }
  FakeUv fake_;
};

TEST_F(UvTest, TheNamedOneIsTaken) {
  const auto uv =
      find_uv(real_file_system(), environment_of({{"PANNIER_UV", fake_.program()}}), "/none", nullptr);
  ASSERT_TRUE(uv.ok()) << uv.error().to_string();
  EXPECT_EQ(uv->version, "0.13.9");
  EXPECT_EQ(uv->command, std::vector<std::string>{fake_.program()});
}

TEST_F(UvTest, TheOneInTheCacheComesBeforeOthers) {
  const std::string cache = fake_.folder() + "/cache";
  put_program(cache + "/uv/bin/uv", "#!/bin/sh\necho uv 7.8.9\n");
  const auto uv = find_uv(real_file_system(), environment_of({}), cache, nullptr);
  ASSERT_TRUE(uv.ok()) << uv.error().to_string();
  EXPECT_EQ(uv->version, "7.8.9");
}

TEST_F(UvTest, AnOldOneIsRefusedWithBothVersions) {
  fake_.answer("version", "uv 0.4.30\n");
  const auto uv =
      find_uv(real_file_system(), environment_of({{"PANNIER_UV", fake_.program()}}), "/none", nullptr);
  ASSERT_FALSE(uv.ok());
  EXPECT_EQ(uv.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(uv.error().message.find("0.4.30"), std::string::npos);
  EXPECT_NE(uv.error().message.find("0.7.0"), std::string::npos);
  EXPECT_NE(uv.error().hint.find("pip install uv"), std::string::npos);
}

TEST_F(UvTest, SomethingElseByThatNameIsRefused) {
  for (const char* program : {"/bin/true", "/no/such/uv"}) {
    const auto uv = find_uv(real_file_system(), environment_of({{"PANNIER_UV", program}}), "/none", nullptr);
    ASSERT_FALSE(uv.ok());
    EXPECT_EQ(uv.error().kind, ErrorKind::kNotFound) << program;
  }
}

TEST_F(UvTest, TellsWhereItWouldLook) {
  auto indexes = uv_indexes(real_file_system(), fake_.uv(), fake_.folder() + "/work");
  ASSERT_TRUE(indexes.ok()) << indexes.error().to_string();
  EXPECT_EQ(indexes->main_index, "https://built-in.example/simple");
  EXPECT_TRUE(indexes->is_built_in);
  fake_.answer("indexes",
               "--index-url http://a/simple\n--extra-index-url http://b/simple\n--find-links /c\n\n");
  indexes = uv_indexes(real_file_system(), fake_.uv(), fake_.folder() + "/work");
  ASSERT_TRUE(indexes.ok());
  EXPECT_FALSE(indexes->is_built_in);
  EXPECT_EQ(indexes->extra_indexes, std::vector<std::string>{"http://b/simple"});
  EXPECT_EQ(indexes->find_links, std::vector<std::string>{"/c"});
}

TEST_F(UvTest, ResolvesForTheTarget) {
  fake_.answer("lock-x86_64-manylinux_2_28", "lock-version = \"1.0\"\n");
  fake_.answer("warnings-x86_64-manylinux_2_28",
               "warning: The requested Python version 3.9 is not available; 3.11 will be used\n"
               "warning: `tiny==1.0` is yanked (reason: \"at http://u:p@h/\")\nResolved 1 package in 1ms\n");
  UvResolution asked = resolution("linux-x86_64-glibc2.28-cp39");
  asked.torch_backend = "cpu";
  asked.constraint_files = {fake_.folder() + "/r.in"};
  asked.environment = {{"UV_DEFAULT_INDEX", "http://u:p@h/simple"}};
  ::setenv("UV_PYTHON", "/usr/bin/python9", 1);
  const auto answer = uv_resolve(fake_.uv(), asked, fake_.folder());
  ::unsetenv("UV_PYTHON");
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(answer->pylock, "lock-version = \"1.0\"\n");
  EXPECT_EQ(answer->warnings,
            std::vector<std::string>{"uv: `tiny==1.0` is yanked (reason: \"at http://***@h/\")"});
  const std::string calls = fake_.noted("calls");
  for (const char* part : {"--python-platform x86_64-manylinux_2_28", "--python-version 3.9",
                           "--only-binary :all:", "--torch-backend cpu", "--format pylock.toml"}) {
    EXPECT_NE(calls.find(part), std::string::npos) << part << " in " << calls;
  }
  const std::string variables = fake_.noted("environment");
  EXPECT_NE(variables.find("UV_DEFAULT_INDEX=http://u:p@h/simple"), std::string::npos);
  EXPECT_NE(variables.find("UV_PYTHON_DOWNLOADS=never"), std::string::npos);
  EXPECT_EQ(variables.find("UV_PYTHON=/usr"), std::string::npos);
}

TEST_F(UvTest, ItsExplanationIsShownWithTheTarget) {
  struct Case {
    const char* errors;
    ErrorKind kind;
  };
  const Case cases[] = {
      {"error: No solution found when resolving dependencies\n  cause: you require tiny>9",
       ErrorKind::kInvalid},
      {"error: Request failed after 3 retries\n  cause: Failed to fetch: http://u:p@h/tiny/",
       ErrorKind::kNetwork},
      {"error: Failed to fetch: http://h/tiny/\n  cause: HTTP status client error (401 Unauthorized)",
       ErrorKind::kDenied},
      {"error: No solution found\n  cause: tiny==1.0 has no wheels with a matching platform tag",
       ErrorKind::kUnsupported},
      {"error: No solution found\n  hint: Wheels are required for `a` because building from source is "
       "disabled",
       ErrorKind::kUnsupported},
      {"error: \x1b[31msomething else", ErrorKind::kInvalid},
  };
  for (const Case& one : cases) {
    fake_.answer("errors-x86_64-pc-windows-msvc",
                 "warning: The requested Python version 3.12 is not available\n" + std::string(one.errors));
    const auto answer = uv_resolve(fake_.uv(), resolution("windows-x86_64-cp312"), fake_.folder());
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, one.kind) << one.errors;
    EXPECT_NE(answer.error().message.find("windows-x86_64-cp312"), std::string::npos);
    EXPECT_EQ(answer.error().hint.find("--build-sdists") != std::string::npos,
              std::string(one.errors).find("building from source") != std::string::npos);
    EXPECT_NE(answer.error().message.find("error: "), std::string::npos);
    EXPECT_EQ(answer.error().message.find("u:p"), std::string::npos);
    EXPECT_EQ(answer.error().message.find("requested Python"), std::string::npos);
    EXPECT_EQ(answer.error().message.find('\x1b'), std::string::npos);
  }
}

TEST_F(UvTest, ATargetThatUvDoesNotKnowIsSaid) {
  const auto answer = uv_resolve(fake_.uv(), resolution("linux-s390x-glibc2.28-cp312"), fake_.folder());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace pannier

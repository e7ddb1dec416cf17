// wheel_plan: from what uv answers to the wheels of each target, without a network.
#include "carry/connected/wheels/wheel_plan.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

#include "carry/connected/wheels/wheels_test_support.h"
#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

using namespace wheels_test;

const std::string kRhel8 = "linux-x86_64-glibc2.28-cp39";
const std::string kWindows = "windows-x86_64-cp312";
const std::string kRhel8Lock = "lock-x86_64-manylinux_2_28";
const std::string kWindowsLock = "lock-x86_64-pc-windows-msvc";

// One package of a lock, with a wheel for each of the tags.
std::string package(const std::string& name, const std::string& version, const std::vector<std::string>& tags,
                    uint64_t bytes = 1000) {
  std::string out = fmt::format("[[packages]]\nname = \"{}\"\nversion = \"{}\"\nwheels = [\n", name, version);
  for (const std::string& tag : tags) {
    const std::string file = fmt::format("{}-{}-{}.whl", name, version, tag);
    out += fmt::format("{{ url = \"https://f.example/{}\", size = {}, hashes = {{ sha256 = \"{}\" }} }},\n",
                       file, bytes, sha256(file).hex());
  }
  return out + "]\n";
}
const std::string kHead = "lock-version = \"1.0\"\n";

class WheelPlanTest : public testing::Test {
 protected:
  WheelPlanTest() { config_.main_index = {"https://u:s3cret@index.example/simple", "--index-url"}; }

  Result<WheelPlan> plan(const std::vector<std::string>& targets, const std::string& torch = "",
                         bool build_sdists = false) {
    WheelRequest request;
    request.requirements = requirements_;
    request.torch = torch;
    request.build_sdists = build_sdists;
    for (const std::string& text : targets) request.targets.push_back(target(text));
    WheelTools tools{real_file_system(),       client_, fake_.uv(), config_,
                     fake_.folder() + "/work", {},      nullptr,    environment_of(variables_)};
    tools.retry.tries_max = 1;
    return plan_wheels(tools, request);
  }

  FakeUv fake_;
  FakeHttpClient client_;
  IndexConfig config_;
  std::vector<std::string> requirements_{"tiny"};
  std::map<std::string, std::string> variables_;
};

TEST_F(WheelPlanTest, SeveralTargetsAtOnce) {
  fake_.answer(kRhel8Lock,
               kHead + package("tiny", "1.0", {"cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64"}) +
                   package("pure", "2.0", {"py3-none-any"}, 50));
  fake_.answer(kWindowsLock, kHead + package("tiny", "1.0", {"cp312-cp312-win_amd64"}) +
                                 package("pure", "2.0", {"py3-none-any"}, 50));
  const auto made = plan({kRhel8, kWindows});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  ASSERT_EQ(made->targets.size(), 2u);
  const TargetPlan& linux_plan = made->targets[0];
  EXPECT_EQ(linux_plan.target.text(), kRhel8);
  ASSERT_EQ(linux_plan.wheels.size(), 2u);
  EXPECT_EQ(linux_plan.wheels[0].wheel.package, "pure");
  EXPECT_EQ(linux_plan.wheels[1].wheel.filename,
            "tiny-1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl");
  EXPECT_EQ(linux_plan.wheels[1].wheel.sha256, sha256(linux_plan.wheels[1].wheel.filename));
  EXPECT_EQ(linux_plan.total_bytes(), 1050u);
  EXPECT_EQ(linux_plan.bootstrap, "");
  EXPECT_EQ(made->targets[1].wheels[1].wheel.filename, "tiny-1.0-cp312-cp312-win_amd64.whl");
  EXPECT_TRUE(made->torch_questions.empty());
  ASSERT_EQ(made->notes.size(), 1u);
  EXPECT_EQ(made->notes[0], "index: https://***@index.example/simple (--index-url)");
  const LockedWheelhouse locked = linux_plan.locked();
  EXPECT_EQ(locked.target, kRhel8);
  EXPECT_EQ(locked.requirements, std::vector<std::string>{"tiny"});
  EXPECT_EQ(locked.wheels.size(), 2u);
  EXPECT_EQ(fake_.noted("requirements"), "tiny\n");
}

TEST_F(WheelPlanTest, AnOldPipGetsANewerOne) {
  fake_.answer(kRhel8Lock, kHead + package("tiny", "1.0", {"cp39-cp39-manylinux_2_28_x86_64"}));
  fake_.answer("lock-pip", kHead + package("pip", "25.3", {"py3-none-any"}, 1800));
  const auto made = plan({kRhel8});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  const TargetPlan& one = made->targets[0];
  EXPECT_EQ(one.bootstrap, "python3.9 -m pip install --no-index --find-links . --upgrade pip");
  ASSERT_EQ(one.warnings.size(), 1u);
  EXPECT_NE(one.warnings[0].find("20.3"), std::string::npos);
  EXPECT_NE(one.warnings[0].find("taken to be 20.2"), std::string::npos);
  EXPECT_NE(one.warnings[0].find(one.bootstrap), std::string::npos);
  ASSERT_EQ(one.wheels.size(), 2u);
  EXPECT_EQ(one.wheels[0].wheel.filename, "pip-25.3-py3-none-any.whl");
  EXPECT_TRUE(one.wheels[0].pip_bootstrap);
  EXPECT_FALSE(one.wheels[1].pip_bootstrap);
  EXPECT_EQ(one.requirements, std::vector<std::string>{"tiny"});
  ASSERT_EQ(one.locked().notes.size(), 1u);
  EXPECT_NE(one.locked().notes[0].find(one.bootstrap), std::string::npos);
  EXPECT_EQ(fake_.noted("requirements"), "pip>=20.3\n");
}

TEST_F(WheelPlanTest, TorchWithCudaIsAQuestion) {
  const std::string lock = kHead +
                           package("torch", "2.15.0", {"cp39-cp39-manylinux_2_17_x86_64"}, 900'000'000) +
                           package("nvidia_cublas", "13.0", {"py3-none-manylinux_2_17_x86_64"}, 400'000'000);
  fake_.answer(kRhel8Lock, lock);
  fake_.answer("lock-pip", kHead + package("pip", "25.3", {"py3-none-any"}, 1800));
  auto made = plan({kRhel8});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  ASSERT_EQ(made->torch_questions.size(), 1u);
  EXPECT_EQ(made->torch_questions[0].cuda_bytes, 400'000'000u);
  EXPECT_EQ(made->torch_questions[0].torch_version, "2.15.0");
  made = plan({kRhel8}, kTorchFromIndex);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->torch_questions.empty());
  variables_["UV_TORCH_BACKEND"] = "cpu";  // said to uv already
  made = plan({kRhel8});
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(made->torch_questions.empty());
  EXPECT_NE(fake_.noted("calls").find("--torch-backend cpu"), std::string::npos);
}

TEST_F(WheelPlanTest, TheChosenTorchOfAFolderIsAConstraint) {
  const std::string links = fake_.folder() + "/links";
  const std::string name = "torch-2.13.0+cpu-cp39-cp39-manylinux_2_17_x86_64.whl";
  put(links + "/" + name, "contents");
  config_.find_links = {{links, "--find-links"}};
  fake_.answer(kRhel8Lock, kHead + fmt::format("[[packages]]\nname = \"torch\"\nversion = \"2.13.0+cpu\"\n"
                                               "wheels = [{{ url = \"file://{}/torch-2.13.0%2Bcpu-cp39-cp39-"
                                               "manylinux_2_17_x86_64.whl\" }}]\n",
                                               links));
  fake_.answer("lock-pip", kHead + package("pip", "25.3", {"py3-none-any"}, 1800));
  const auto made = plan({kRhel8}, "cpu");
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_NE(fake_.noted("constraints").find("torch==2.13.0+cpu"), std::string::npos);
  EXPECT_EQ(fake_.noted("calls").find("--torch-backend"), std::string::npos);
  const PlannedWheel& torch = made->targets[0].wheels.back();
  EXPECT_EQ(torch.local_path, links + "/" + name);
  EXPECT_EQ(torch.wheel.url, "");
  EXPECT_EQ(torch.wheel.bytes, 8u);
  EXPECT_EQ(torch.wheel.sha256, sha256("contents"));
}

TEST_F(WheelPlanTest, ASizeThatTheIndexKeepsQuietAboutIsAskedFor) {
  fake_.answer(kWindowsLock,
               kHead +
                   "[[packages]]\nname = \"tiny\"\nversion = \"1.0\"\nwheels = [{ url = "
                   "\"https://index.example/tiny-1.0-py3-none-any.whl\", hashes = { sha256 = \"" +
                   std::string(64, 'a') + "\" } }]\n");
  FakeAnswer head;
  head.headers = {{"Content-Length", "77"}};
  client_.on("HEAD", "https://index.example/tiny-1.0-py3-none-any.whl", head);
  const auto made = plan({kWindows});
  ASSERT_TRUE(made.ok()) << made.error().to_string();
  EXPECT_EQ(made->targets[0].wheels[0].wheel.bytes, 77u);
  EXPECT_NE(FakeHttpClient::header(client_.requests()[0], "Authorization"), "");
}

TEST_F(WheelPlanTest, AnIndexWithoutHashesIsRefused) {
  fake_.answer(kWindowsLock, kHead +
                                 "[[packages]]\nname = \"tiny\"\nversion = \"1.0\"\nwheels = [{ url = "
                                 "\"https://index.example/tiny-1.0-py3-none-any.whl\", size = 3 }]\n");
  const auto made = plan({kWindows});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(made.error().message.find("tiny-1.0-py3-none-any.whl"), std::string::npos);
}

TEST_F(WheelPlanTest, SourceOnlyIsRefusedByName) {
  fake_.answer(kWindowsLock, kHead +
                                 "[[packages]]\nname = \"olden\"\nversion = \"0.1\"\nsdist = { url = "
                                 "\"https://f.example/olden-0.1.tar.gz\", size = 3 }\n");
  const auto made = plan({kWindows});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(made.error().message.find("olden 0.1"), std::string::npos);
  EXPECT_NE(made.error().hint.find("--build-sdists"), std::string::npos);
  // Not for a machine that is not this one.
  const auto built = plan({kWindows}, "", true);
  ASSERT_FALSE(built.ok());
  EXPECT_NE(built.error().message.find("olden"), std::string::npos) << built.error().to_string();
  EXPECT_EQ(fake_.noted("calls").find("pip compile --only-binary"), std::string::npos);
}

TEST_F(WheelPlanTest, TheFirstTargetThatHasNoSolutionIsNamed) {
  fake_.answer(kRhel8Lock, kHead + package("tiny", "1.0", {"py3-none-any"}));
  fake_.answer("errors-x86_64-pc-windows-msvc", "error: No solution found when resolving dependencies\n");
  const auto made = plan({kRhel8, kWindows});
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(made.error().message.find(kWindows), std::string::npos);
}

TEST_F(WheelPlanTest, RequestsThatMakeNoSenseAreRefused) {
  EXPECT_EQ(plan({}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(plan({kWindows, kWindows}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(plan({kWindows}, "--gpu").error().kind, ErrorKind::kInvalid);
  requirements_ = {"a b"};
  EXPECT_EQ(plan({kWindows}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(fake_.noted("calls"), "");  // before uv was asked anything
}

}  // namespace
}  // namespace pannier

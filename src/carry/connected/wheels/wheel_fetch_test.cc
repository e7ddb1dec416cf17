// wheel_fetch: what comes, from where, and that nothing half-right becomes a wheelhouse.
#include "carry/connected/wheels/wheel_fetch.h"

#include <gtest/gtest.h>

#include "carry/connected/wheels/wheel_test_maker.h"
#include "carry/connected/wheels/wheels_test_support.h"
#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

using namespace wheels_test;

const std::string kTarget = "linux-x86_64-glibc2.28-cp312";

class WheelFetchTest : public testing::Test {
 protected:
  WheelFetchTest()
      : folder_(std::filesystem::temp_directory_path().string() + "/" + unique_name("wheel-fetch")),
        tools_{real_file_system(), client_, {}, {}, folder_ + "/work", {}, nullptr, environment_of({})} {
    tools_.index.main_index = {"https://u:s3cret@index.example/simple", ""};
    tools_.retry.tries_max = 2;
    tools_.retry.wait = [](std::chrono::milliseconds) { return Status(); };
  }
  ~WheelFetchTest() override { (void)real_file_system().remove_tree(folder_); }

  // A wheel of the lock, served by the index.
  LockedWheel served(const TestWheel& wheel) { return served(wheel, wheel.bytes()); }
  LockedWheel served(const TestWheel& wheel, const std::string& bytes) {
    LockedWheel out = locked(wheel, bytes);
    out.url = "https://index.example/files/" + wheel.filename();
    FakeAnswer answer;
    answer.body = bytes;
    answer.ranges = true;
    answer.headers = {{"ETag", "\"" + out.sha256.hex() + "\""}, {"Accept-Ranges", "bytes"}};
    client_.on("GET", out.url, answer);
    return out;
  }
  static LockedWheel locked(const TestWheel& wheel, const std::string& bytes) {
    return {wheel.name, wheel.version, wheel.filename(), "", bytes.size(), sha256(bytes)};
  }
  static LockedWheelhouse house(std::vector<LockedWheel> wheels, const std::string& target_text = kTarget) {
    return {target_text, {"tiny"}, {}, std::move(wheels)};
  }
  Result<WheelFetch> fetch(const std::vector<LockedWheelhouse>& houses) {
    WheelFetchOptions options;
    options.folder = folder_ + "/wheels";
    options.download.folder = folder_ + "/downloads";
    options.download.retry = tools_.retry;
    options.local_wheels = local_;
    return fetch_wheelhouses(tools_, houses, options);
  }
  static std::string file_of(const Wheelhouse& wheelhouse, const std::string& path) {
    for (const WheelhouseFile& file : wheelhouse.files) {
      if (file.path == path) return contents_of(file.source_path);
    }
    return "";
  }

  std::string folder_;
  FakeHttpClient client_;
  WheelTools tools_;
  std::vector<PlannedWheel> local_;
};

TEST_F(WheelFetchTest, BringsAWholeWheelhouse) {
  TestWheel tiny;
  tiny.requirements = {"Pure>=2", "windows-thing; sys_platform == 'win32'"};
  TestWheel pure{"pure", "2.1", "py3-none-any", {}, ">=3.9", {}};
  const auto done = fetch({house({served(pure), served(tiny)})});
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  ASSERT_EQ(done->wheelhouses.size(), 1u);
  const Wheelhouse& one = done->wheelhouses[0];
  EXPECT_EQ(one.name, "wheels/" + kTarget);
  ASSERT_EQ(one.files.size(), 4u);
  EXPECT_EQ(one.files[0].path, "pure-2.1-py3-none-any.whl");
  EXPECT_EQ(one.files[1].path, "pylock.toml");
  EXPECT_EQ(one.files[2].path, "requirements.txt");
  EXPECT_EQ(one.files[3].path, "tiny-1.0-py3-none-any.whl");
  EXPECT_EQ(contents_of(one.files[3].source_path), tiny.bytes());
  for (const WheelhouseFile& file : one.files) {
    EXPECT_EQ(sha256(contents_of(file.source_path)), file.sha256) << file.path;
    EXPECT_EQ(contents_of(file.source_path).size(), file.bytes) << file.path;
  }
  const std::string requirements = file_of(one, "requirements.txt");
  EXPECT_NE(requirements.find("tiny==1.0"), std::string::npos) << requirements;
  EXPECT_NE(requirements.find("--hash=sha256:" + sha256(pure.bytes()).hex()), std::string::npos)
      << requirements;
  const std::string pylock = file_of(one, "pylock.toml");
  EXPECT_NE(pylock.find("path = \"tiny-1.0-py3-none-any.whl\""), std::string::npos) << pylock;
  EXPECT_EQ(pylock.find("index.example"), std::string::npos) << pylock;
  EXPECT_EQ(done->totals.bytes_fetched, tiny.bytes().size() + pure.bytes().size());
  EXPECT_NE(FakeHttpClient::header(client_.requests()[0], "Authorization"), "");
}

TEST_F(WheelFetchTest, WhatIsHeldOrSharedIsFetchedOnce) {
  const TestWheel tiny;
  const LockedWheel wheel = served(tiny);
  const auto first = fetch({house({wheel}), house({wheel}, "windows-x86_64-cp312")});
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  EXPECT_EQ(first->wheelhouses[0].files[2].source_path, first->wheelhouses[1].files[2].source_path);
  const size_t asked = client_.requests().size();
  const auto second = fetch({house({wheel})});
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(client_.requests().size(), asked);
  EXPECT_EQ(second->bytes_held, tiny.bytes().size());
}

TEST_F(WheelFetchTest, AHeldFileThatWasDamagedIsFetchedAgain) {
  const TestWheel tiny;
  const LockedWheel wheel = served(tiny);
  const auto first = fetch({house({wheel})});
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  put(folder_ + "/wheels/" + wheel.sha256.hex() + ".whl", "damaged");
  const auto second = fetch({house({wheel})});
  ASSERT_TRUE(second.ok()) << second.error().to_string();
  EXPECT_EQ(contents_of(second->wheelhouses[0].files[2].source_path), tiny.bytes());
}

TEST_F(WheelFetchTest, FindsLocalWheels) {
  const TestWheel tiny;
  const LockedWheel wheel = locked(tiny, tiny.bytes());
  put(folder_ + "/links/" + tiny.filename(), tiny.bytes());
  tools_.index.find_links = {{folder_ + "/links", ""}};
  auto done = fetch({house({wheel})});
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_TRUE(client_.requests().empty());
  EXPECT_EQ(done->wheelhouses[0].files[2].source_path, folder_ + "/links/" + tiny.filename());
  // Where the plan saw it, elsewhere.
  (void)real_file_system().remove_tree(folder_ + "/wheels");
  tools_.index.find_links.clear();
  PlannedWheel planned;
  planned.wheel = wheel;
  planned.local_path = folder_ + "/links/" + tiny.filename();
  local_ = {planned};
  done = fetch({house({wheel})});
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  // It changed since.
  (void)real_file_system().remove_tree(folder_ + "/wheels");
  put(planned.local_path, "other contents");
  done = fetch({house({wheel})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kStale);
  // An index in a folder says something else of it.
  LockedWheel indexed = wheel;
  indexed.url = "file://" + planned.local_path;
  local_.clear();
  done = fetch({house({indexed})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
  // Nowhere.
  done = fetch({house({wheel})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kNotFound);
}

TEST_F(WheelFetchTest, ACarriedPipIsNoRequirement) {
  const TestWheel tiny;
  const TestWheel pip{"pip", "25.3", "py3-none-any", {}, "", {}};
  const auto done = fetch({house({served(pip), served(tiny)})});
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  EXPECT_EQ(file_of(done->wheelhouses[0], "requirements.txt").find("pip=="), std::string::npos);
  EXPECT_NE(file_of(done->wheelhouses[0], "pylock.toml").find("pip-25.3"), std::string::npos);
}

// A wheelhouse that lacks a package would make pip on the far side look for an index that is not there.
TEST_F(WheelFetchTest, AnIncompleteSetIsRefusedWithWhoNeedsWhat) {
  TestWheel tiny;
  tiny.requirements = {"pure>=2"};
  auto done = fetch({house({served(tiny)})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(done.error().message.find("tiny 1.0"), std::string::npos) << done.error().message;
  EXPECT_NE(done.error().message.find("pure>=2"), std::string::npos) << done.error().message;
  const TestWheel old{"pure", "1.0", "py3-none-any", {}, "", {}};
  done = fetch({house({served(old), served(tiny)})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kIncomplete);
}

TEST_F(WheelFetchTest, AWheelForAnotherMachineIsRefused) {
  const TestWheel windows{"tiny", "1.0", "cp312-cp312-win_amd64", {}, "", {}};
  auto done = fetch({house({served(windows)})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(done.error().message.find(kTarget), std::string::npos) << done.error().message;
  TestWheel young;
  young.requires_python = ">=3.13";
  done = fetch({house({served(young)})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kUnsupported);
}

// The index serves other bytes than its hash says, again and again.
TEST_F(WheelFetchTest, OtherBytesThanTheHashSaysAreRefused) {
  const TestWheel tiny;
  LockedWheel wheel = served(tiny);
  wheel.sha256 = sha256("what the index promised");
  const auto done = fetch({house({wheel})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(done.error().to_string().find("tiny-1.0"), std::string::npos) << done.error().to_string();
}

// The hash is right, and the archive holds a file twice: one installer sees this one, another that one.
TEST_F(WheelFetchTest, AWheelThatTwoReadersSeeDifferentlyIsRefused) {
  const TestWheel tiny;
  const std::string bytes = zip_of({{"tiny/__init__.py", "good"}, {"tiny/__init__.py", "evil"}});
  const auto done = fetch({house({served(tiny, bytes)})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(done.error().message.find("tiny"), std::string::npos);
}

TEST_F(WheelFetchTest, LocksThatNameAWheelTwiceAreRefused) {
  const TestWheel tiny;
  const LockedWheel wheel = served(tiny);
  const auto done = fetch({house({wheel, wheel})});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier

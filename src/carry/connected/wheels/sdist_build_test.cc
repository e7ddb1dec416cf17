// sdist_build: only for machines like this one, and only what the index's hash names.
#include "carry/connected/wheels/sdist_build.h"

#include <gtest/gtest.h>

#include "carry/connected/wheels/wheels_test_support.h"
#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

using namespace wheels_test;

TEST(SdistBuild, OnlyForMachinesLikeThisOne) {
  const PythonTarget here = target("linux-x86_64-glibc2.36-cp3.11.7");
  EXPECT_TRUE(check_can_build(target("linux-x86_64-glibc2.36-cp311"), here).ok());
  EXPECT_TRUE(check_can_build(target("linux-x86_64-glibc2.39-cp311"), here).ok());
  for (const char* other :
       {"linux-x86_64-glibc2.28-cp311", "linux-x86_64-glibc2.36-cp312", "windows-x86_64-cp311",
        "linux-aarch64-glibc2.36-cp311", "linux-x86_64-musl1.2-cp311"}) {
    const Status can = check_can_build(target(other), here);
    ASSERT_FALSE(can.ok()) << other;
    EXPECT_EQ(can.error().kind, ErrorKind::kUnsupported);
    EXPECT_NE(can.error().message.find(target(other).text()), std::string::npos);
  }
}

TEST(SdistBuild, APythonThatIsNotHereIsNotFound) {
  const auto here = this_machine({3, 99}, nullptr);
  ASSERT_FALSE(here.ok());
  EXPECT_EQ(here.error().kind, ErrorKind::kNotFound);
}

// A package that cannot build is said with the end of what it printed; without a hash nothing starts.
TEST(SdistBuild, SaysWhyItFails) {
  const std::string folder =
      std::filesystem::temp_directory_path().string() + "/" + unique_name("sdist build");
  FakeHttpClient client;
  WheelTools tools{real_file_system(), client, {}, {}, folder, {}, nullptr, environment_of({})};
  tools.index.no_index = true;
  tools.index.find_links = {{folder, ""}};
  PylockPackage package;
  package.name = "olden";
  package.version = "0.1";
  package.sdist = PylockFile{"olden-0.1.tar.gz", "", "", {}, {}};
  const TargetTags tags(target("linux-x86_64-glibc2.36-cp311"));
  EXPECT_NE(build_wheel(tools, package, tags).error().message.find("no SHA-256"), std::string::npos);
  package.sdist->sha256 = sha256("x");
  const auto built = build_wheel(tools, package, tags);
  ASSERT_FALSE(built.ok());
  EXPECT_TRUE(built.error().kind == ErrorKind::kUnsupported || built.error().kind == ErrorKind::kNotFound);
  EXPECT_NE(
      built.error().message.find(built.error().kind == ErrorKind::kUnsupported ? "olden 0.1" : "python3.11"),
      std::string::npos);
  (void)real_file_system().remove_tree(folder);
}

}  // namespace
}  // namespace pannier

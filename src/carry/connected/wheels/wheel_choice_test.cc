// wheel_choice: the best wheel of each package, and what is said where there is none.
#include "carry/connected/wheels/wheel_choice.h"

#include <gtest/gtest.h>

#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

using wheels_test::target;

PylockPackage package(const std::string& name, const std::vector<std::string>& tags) {
  PylockPackage out;
  out.name = name;
  out.version = "1.0";
  for (const std::string& tag : tags) {
    PylockFile file;
    file.filename = name + "-1.0-" + tag + ".whl";
    file.url = "https://f.example/" + file.filename;
    file.sha256 = sha256(file.filename);
    out.wheels.push_back(file);
  }
  return out;
}

std::string chosen(const std::vector<PylockPackage>& packages, const std::string& target_text) {
  const auto choice = choose_wheels(packages, TargetTags(target(target_text)), {});
  if (!choice.ok()) return error_kind_name(choice.error().kind) + (": " + choice.error().message);
  std::string out;
  for (const ChosenWheel& wheel : choice->wheels) out += wheel.file.filename + " ";
  return out;
}

const std::vector<std::string> kMany = {"cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64",
                                        "cp39-abi3-manylinux_2_28_x86_64",
                                        "cp312-cp312-manylinux_2_34_x86_64",
                                        "cp312-cp312-win_amd64",
                                        "cp312-cp312-macosx_11_0_arm64",
                                        "cp312-cp312-musllinux_1_2_x86_64",
                                        "py3-none-any"};

TEST(WheelChoice, TakesTheBestForEachTarget) {
  EXPECT_EQ(chosen({package("a", kMany)}, "linux-x86_64-glibc2.28-cp39"),
            "a-1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl ");
  EXPECT_EQ(chosen({package("a", kMany)}, "linux-x86_64-glibc2.28-cp312"),
            "a-1.0-cp39-abi3-manylinux_2_28_x86_64.whl ");
  EXPECT_EQ(chosen({package("a", kMany)}, "linux-x86_64-glibc2.35-cp312"),
            "a-1.0-cp312-cp312-manylinux_2_34_x86_64.whl ");
  EXPECT_EQ(chosen({package("a", kMany)}, "windows-x86_64-cp312"), "a-1.0-cp312-cp312-win_amd64.whl ");
  EXPECT_EQ(chosen({package("a", kMany)}, "macos-arm64-cp312"), "a-1.0-cp312-cp312-macosx_11_0_arm64.whl ");
  EXPECT_EQ(chosen({package("a", kMany)}, "linux-x86_64-musl1.2-cp312"),
            "a-1.0-cp312-cp312-musllinux_1_2_x86_64.whl ");
  EXPECT_EQ(chosen({package("a", kMany)}, "linux-aarch64-glibc2.28-cp312"), "a-1.0-py3-none-any.whl ");
}

TEST(WheelChoice, TheHigherBuildOfOneTagWins) {
  PylockPackage one = package("a", {});
  for (const char* name :
       {"a-1.0-2-py3-none-any.whl", "a-1.0-10-py3-none-any.whl", "a-1.0-py3-none-any.whl"}) {
    PylockFile file;
    file.filename = name;
    one.wheels.push_back(file);
  }
  EXPECT_EQ(chosen({one}, "windows-x86_64-cp312"), "a-1.0-10-py3-none-any.whl ");
}

TEST(WheelChoice, TheLibcFloorIsSaid) {
  const std::string said = chosen({package("a", {"cp312-cp312-manylinux_2_34_x86_64"}),
                                   package("b", {"py3-none-any"}), package("c", {"cp312-cp312-win_amd64"})},
                                  "linux-x86_64-glibc2.28-cp312");
  EXPECT_TRUE(said.starts_with("unsupported")) << said;
  EXPECT_NE(said.find("a 1.0 has no wheel"), std::string::npos) << said;
  EXPECT_NE(said.find("glibc 2.34"), std::string::npos) << said;
  EXPECT_NE(said.find("c 1.0 has no wheel"), std::string::npos) << said;
  EXPECT_EQ(said.find("b 1.0"), std::string::npos) << said;
}

TEST(WheelChoice, LeavesOutWhatAMarkerExcludes) {
  PylockPackage windows = package("w", {"py3-none-any"});
  windows.marker = "sys_platform == 'win32'";
  EXPECT_EQ(chosen({windows, package("a", {"py3-none-any"})}, "linux-x86_64-glibc2.28-cp39"),
            "a-1.0-py3-none-any.whl ");
  EXPECT_EQ(chosen({windows}, "windows-x86_64-cp312"), "w-1.0-py3-none-any.whl ");
}

TEST(WheelChoice, HandsOutSourcesAndRefusesOtherPlaces) {
  PylockPackage source = package("s", {});
  source.sdist = PylockFile{"s-1.0.tar.gz", "https://f.example/s-1.0.tar.gz", "", 3, {}};
  const auto choice = choose_wheels({source}, TargetTags(target("windows-x86_64-cp312")), {});
  ASSERT_TRUE(choice.ok());
  ASSERT_EQ(choice->only_source.size(), 1u);
  EXPECT_EQ(choice->only_source[0].name, "s");
  PylockPackage git = package("g", {});
  git.other_source = "vcs";
  EXPECT_NE(chosen({git}, "windows-x86_64-cp312").find("g comes from a version control system"),
            std::string::npos);
}

TEST(WheelChoice, OnlyAllowedHashesAreChosen) {
  const PylockPackage one = package("a", {"py3-none-any", "cp312-cp312-win_amd64"});
  const TargetTags tags(target("windows-x86_64-cp312"));
  auto choice = choose_wheels({one}, tags, {{"a", {*one.wheels[0].sha256}}});
  ASSERT_TRUE(choice.ok());
  EXPECT_EQ(choice->wheels[0].file.filename, "a-1.0-py3-none-any.whl");
  choice = choose_wheels({one}, tags, {{"a", {sha256("another")}}});
  ASSERT_FALSE(choice.ok());
  EXPECT_NE(choice.error().message.find("hash"), std::string::npos);
}

}  // namespace
}  // namespace pannier

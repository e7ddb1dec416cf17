#include "format/python_closure.h"

#include <gtest/gtest.h>

#include "format/python_target.h"

namespace pannier {
namespace {

PackageMetadata package(const std::string& name, const std::string& version,
                        const std::vector<std::string>& needs = {},
                        const std::vector<std::string>& extras = {}) {
  PackageMetadata metadata;
  metadata.name = name;
  metadata.version = *PackageVersion::parse(version);
  for (const std::string& text : needs) metadata.requires_dist.push_back(*Requirement::parse(text));
  metadata.provides_extra = extras;
  return metadata;
}

Closure closure(const std::vector<PackageMetadata>& set, const std::vector<std::string>& roots,
                const std::string& target = "linux-x86_64-glibc2.28-cp39") {
  std::vector<Requirement> parsed;
  for (const std::string& root : roots) parsed.push_back(*Requirement::parse(root));
  const auto checked = check_closure(set, parsed, PythonTarget::parse(target)->markers());
  if (!checked.ok()) ADD_FAILURE() << checked.error().message;
  return checked.ok() ? *checked : Closure{};
}

std::vector<std::string> texts(const Closure& closure) {
  std::vector<std::string> out;
  for (const UnmetRequirement& unmet : closure.unmet) out.push_back(unmet.text());
  return out;
}

using Texts = std::vector<std::string>;

TEST(PythonClosureTest, ACompleteSetHasNothingUnmet) {
  const Closure found =
      closure({package("App", "1.0", {"lib_a>=1", "lib.b"}), package("lib-a", "1.2", {"lib-b<3"}),
               package("Lib_B", "2.0", {"app"}), package("other", "1")},
              {"app"});
  EXPECT_TRUE(found.unmet.empty());
  EXPECT_TRUE(found.warnings.empty());
  EXPECT_EQ(found.unneeded, std::vector<size_t>{3});
}

TEST(PythonClosureTest, WhatIsMissingNamesWhoNeedsItAndWhatIsThere) {
  const Closure found = closure({package("app", "1.0", {"lib>=2 ; python_version >= '3'", "gone"}),
                                 package("lib", "1.1"), package("lib", "1.0")},
                                {"app", "asked>1"});
  EXPECT_EQ(texts(found), (Texts{"asked>1 is asked for, which is not in the set",
                                 "app 1.0 needs lib>=2, which is not in the set (there is 1.0, 1.1)",
                                 "app 1.0 needs gone, which is not in the set"}));
  EXPECT_EQ(found.unmet[1].needed_by, "app 1.0");
  EXPECT_EQ(found.unneeded, (std::vector<size_t>{1, 2}));
}

// The two machines need different things.
TEST(PythonClosureTest, MarkersAreTheTargets) {
  const std::vector<PackageMetadata> set = {
      package("app", "1",
              {"colorama ; sys_platform == 'win32'", "uvloop ; sys_platform != 'win32'",
               "tomli ; python_version < '3.11'"})};
  EXPECT_EQ(texts(closure(set, {"app"})), (Texts{"app 1 needs uvloop, which is not in the set",
                                                 "app 1 needs tomli, which is not in the set"}));
  EXPECT_EQ(texts(closure(set, {"app"}, "windows-x86_64-cp312")),
            (Texts{"app 1 needs colorama, which is not in the set"}));
  EXPECT_TRUE(closure(set, {"app ; os_name == 'java'"}).unmet.empty());
}

TEST(PythonClosureTest, ExtrasAreFollowed) {
  const std::vector<PackageMetadata> set = {
      package("transformers", "4.57",
              {"tokenizers", "torch>=2.2 ; extra == 'torch'", "accelerate ; extra == 'torch'",
               "transformers[torch] ; extra == 'all'", "pillow ; extra == 'Vision_X'"},
              {"torch", "all", "vision-x"}),
      package("tokenizers", "0.22"), package("accelerate", "1.0", {"psutil"})};
  EXPECT_TRUE(closure(set, {"transformers"}).unmet.empty());
  EXPECT_EQ(texts(closure(set, {"transformers[torch]"})),
            (Texts{"transformers 4.57[torch] needs torch>=2.2, which is not in the set",
                   "accelerate 1.0 needs psutil, which is not in the set"}));
  // By way of another extra, and in another spelling.
  EXPECT_EQ(closure(set, {"transformers[all]"}).unmet.size(), 2u);
  EXPECT_EQ(texts(closure(set, {"transformers[vision.X]"})),
            (Texts{"transformers 4.57[vision-x] needs pillow, which is not in the set"}));
  const Closure unknown = closure(set, {"transformers[nope]"});
  EXPECT_EQ(unknown.warnings, (Texts{"transformers 4.57 has no extra 'nope'"}));
}

// What pip would pick is what has to be complete.
TEST(PythonClosureTest, OfSeveralVersionsTheNewestAllowedIsFollowed) {
  const std::vector<PackageMetadata> set = {package("lib", "1.0", {"old"}), package("lib", "2.0", {"new"}),
                                            package("lib", "3.0rc1", {"next"})};
  EXPECT_EQ(texts(closure(set, {"lib"})), (Texts{"lib 2.0 needs new, which is not in the set"}));
  EXPECT_EQ(texts(closure(set, {"lib<2"})), (Texts{"lib 1.0 needs old, which is not in the set"}));
  EXPECT_EQ(texts(closure(set, {"lib>=3.0rc0"})), (Texts{"lib 3.0rc1 needs next, which is not in the set"}));
}

TEST(PythonClosureTest, ARequirementByUrlIsMetByTheSetWithAWarning) {
  const Closure found =
      closure({package("app", "1", {"lib @ https://example.org/lib.whl"}), package("lib", "1")}, {"app"});
  EXPECT_TRUE(found.unmet.empty());
  ASSERT_EQ(found.warnings.size(), 1u);
  EXPECT_NE(found.warnings[0].find("app 1 needs lib from https://example.org/lib.whl"), std::string::npos);
  EXPECT_EQ(closure({package("app", "1", {"lib @ https://example.org/lib.whl"})}, {"app"}).unmet.size(), 1u);
}

TEST(PythonClosureTest, AMarkerThatMakesNoSenseNamesItsPackage) {
  const std::vector<PackageMetadata> set = {package("app", "1", {"x ; os_name ~= 'posix'"})};
  const auto checked = check_closure(set, {*Requirement::parse("app")}, {});
  ASSERT_FALSE(checked.ok());
  EXPECT_TRUE(checked.error().message.starts_with("app 1: ")) << checked.error().message;
}

// Ten thousand requirements of each other in circles end, and the same unmet one is said once.
TEST(PythonClosureTest, CirclesEnd) {
  std::vector<PackageMetadata> set;
  for (int i = 0; i < 1'000; ++i) {
    set.push_back(package("p" + std::to_string(i), "1",
                          {"p" + std::to_string((i + 1) % 1'000), "p" + std::to_string(i), "gone", "gone"}));
  }
  EXPECT_EQ(closure(set, {"p0"}).unmet.size(), 1'000u);
}

TEST(PythonClosureTest, TooManyPackagesAreRefused) {
  const std::vector<PackageMetadata> set(10'001, package("p", "1"));
  EXPECT_EQ(check_closure(set, {}, {}).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier

// pip_bootstrap: which far sides need a newer pip, and the line that installs it.
#include "carry/connected/wheels/pip_bootstrap.h"

#include <gtest/gtest.h>

#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

using wheels_test::target;

ChosenWheel wheel(const std::string& filename, const std::string& target_text) {
  ChosenWheel out;
  out.file.filename = filename;
  out.fit = fit_wheel(*WheelName::parse(filename), TargetTags(with_pip(target(target_text))));
  EXPECT_TRUE(out.fit.fits) << out.fit.reason;
  return out;
}

TEST(PipBootstrap, APythonIsTakenToHaveThePipItCameWith) {
  EXPECT_EQ(with_pip(target("linux-x86_64-glibc2.28-cp39")).pip, (MajorMinor{20, 2}));
  EXPECT_EQ(with_pip(target("linux-x86_64-glibc2.28-cp39-pip21.3")).pip, (MajorMinor{21, 3}));
  EXPECT_EQ(with_pip(target("windows-x86_64-cp312")).pip, (MajorMinor{23, 2}));
}

TEST(PipBootstrap, YoungTagsNeedAYoungerPip) {
  const std::string young = "a-1-cp39-abi3-manylinux_2_28_x86_64.whl";
  const std::string old = "a-1-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl";
  const std::string rhel8 = "linux-x86_64-glibc2.28-cp39";
  EXPECT_EQ(pip_needed({wheel(old, rhel8), wheel(young, rhel8)}), (MajorMinor{20, 3}));
  EXPECT_EQ(pip_needed({wheel(old, rhel8)}), std::nullopt);
  EXPECT_EQ(pip_needed({wheel(young, rhel8 + "-pip20.3")}), std::nullopt);
  EXPECT_EQ(pip_needed({wheel(young, "linux-x86_64-glibc2.28-cp312")}), std::nullopt);
  EXPECT_EQ(pip_needed({wheel("a-1-cp39-cp39-musllinux_1_1_x86_64.whl", "linux-x86_64-musl1.2-cp39")}),
            (MajorMinor{21, 2}));
}

TEST(PipBootstrap, TheLineNamesTheTargetsPython) {
  EXPECT_EQ(bootstrap_line(target("linux-x86_64-glibc2.28-cp39")),
            "python3.9 -m pip install --no-index --find-links . --upgrade pip");
  EXPECT_TRUE(bootstrap_line(target("windows-x86_64-cp312")).starts_with("py -3.12 -m pip "));
}

}  // namespace
}  // namespace pannier

#include "format/python_wheel_name.h"

#include <gtest/gtest.h>

#include "format/python_golden_test.h"

namespace pannier {
namespace {

WheelName wheel(const std::string& filename) {
  const auto parsed = WheelName::parse(filename);
  if (!parsed.ok()) ADD_FAILURE() << parsed.error().to_string();
  return parsed.ok() ? *parsed : WheelName{};
}

TargetTags tags(const std::string& target) { return TargetTags(*PythonTarget::parse(target)); }

TEST(PythonWheelNameTest, ReadsNamesAsPackagingDoes) {
  const JsonDocument golden = python_golden("wheels");
  for (const JsonValue row : golden.root()["wheels"].elements()) {
    const WheelName parsed = wheel(text_of(row["text"]));
    EXPECT_EQ(parsed.name, text_of(row["name"]));
    EXPECT_EQ(parsed.version.text(), text_of(row["version"]));
    ASSERT_EQ(parsed.build.has_value(), row["build"].size() != 0) << parsed.filename;
    if (parsed.build) {
      EXPECT_EQ(parsed.build->number, (*row["build"].elements().begin()).as_unsigned());
      EXPECT_EQ(parsed.build->rest, texts_of(row["build"])[1]);
    }
    std::vector<std::string> texts;
    for (const WheelTag& tag : parsed.tags()) texts.push_back(tag.text());
    std::sort(texts.begin(), texts.end());
    EXPECT_EQ(texts, texts_of(row["tags"])) << parsed.filename;
  }
}

TEST(PythonWheelNameTest, RefusesWhatPackagingRefuses) {
  const JsonDocument golden = python_golden("wheels");
  for (const std::string& text : texts_of(golden.root()["invalid"])) {
    EXPECT_FALSE(WheelName::parse(text).ok()) << text;
  }
}

// A name becomes a path on both sides of the gap.
TEST(PythonWheelNameTest, ANameIsNoPath) {
  for (const char* text :
       {"../x-1.0-py3-none-any.whl", "a/x-1.0-py3-none-any.whl", "x-1.0-py3-none-../any.whl",
        "x-1.0-py3-none-any\n.whl", "x-1.0-1/..-py3-none-any.whl", "x\\y-1.0-py3-none-any.whl"}) {
    EXPECT_FALSE(WheelName::parse(text).ok()) << text;
  }
  EXPECT_FALSE(WheelName::parse(std::string("x-1.0-py3-none-any\0.whl", 23)).ok());
}

// 80 * 80 * 80 combinations in 500 bytes would be half a million tags.
TEST(PythonWheelNameTest, TagsDoNotMultiplyWithoutBound) {
  std::string tag = "a";
  for (int i = 0; i < 35; ++i) tag += ".a";
  EXPECT_EQ(WheelName::parse("x-1-" + tag + "-" + tag + "-" + tag + ".whl").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(WheelName::parse(std::string(300, 'x') + "-1-py3-none-any.whl").error().kind, ErrorKind::kLimit);
}

TEST(PythonWheelNameTest, TheBestTagCounts) {
  const TargetTags target = tags("linux-x86_64-glibc2.28-cp39");
  const WheelFit own =
      fit_wheel(wheel("x-1-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"), target);
  ASSERT_TRUE(own.fits);
  EXPECT_EQ(own.best.text(), "cp39-cp39-manylinux_2_17_x86_64");
  const WheelFit stable = fit_wheel(wheel("x-1-cp37-abi3-manylinux_2_28_x86_64.whl"), target);
  const WheelFit pure = fit_wheel(wheel("x-1-py2.py3-none-any.whl"), target);
  ASSERT_TRUE(stable.fits && pure.fits);
  EXPECT_LT(own.rank, stable.rank);
  EXPECT_LT(stable.rank, pure.rank);
  EXPECT_EQ(pure.best.text(), "py3-none-any");
}

TEST(PythonWheelNameTest, TheReasonIsTheNearestMiss) {
  const TargetTags target = tags("linux-x86_64-glibc2.28-cp39");
  const auto reason = [&](const char* name) {
    const WheelFit fit = fit_wheel(wheel(name), target);
    EXPECT_FALSE(fit.fits) << name;
    return fit.reason;
  };
  EXPECT_EQ(reason("x-1-cp39-cp39-manylinux_2_34_x86_64.whl"), "needs glibc 2.34, the target has 2.28");
  EXPECT_EQ(reason("x-1-cp39-cp39-manylinux_2_34_x86_64.manylinux_2_31_x86_64.whl"),
            "needs glibc 2.31, the target has 2.28");
  EXPECT_EQ(reason("x-1-cp39-cp39-manylinux2014_aarch64.whl"),
            "is for another machine (manylinux2014_aarch64), the target is x86_64");
  EXPECT_EQ(reason("x-1-cp39-cp39-musllinux_1_2_x86_64.whl"),
            "is for musl (musllinux_1_2_x86_64), the target has glibc");
  EXPECT_EQ(reason("x-1-cp39-cp39-win_amd64.whl"), "is for Windows (win_amd64), the target has glibc");
  EXPECT_EQ(reason("x-1-cp312-cp312-manylinux2014_x86_64.whl"),
            "is for Python cp312 with ABI cp312, the target has CPython 3.9");
  EXPECT_EQ(reason("x-1-py2-none-any.whl"), "is for Python py2 with ABI none, the target has CPython 3.9");
  const TargetTags mac = tags("macos13-arm64-cp312");
  EXPECT_EQ(fit_wheel(wheel("x-1-cp312-cp312-macosx_14_0_arm64.whl"), mac).reason,
            "needs macOS 14.0, the target has 13.0");
  EXPECT_EQ(fit_wheel(wheel("x-1-cp312-cp312-macosx_10_13_x86_64.whl"), mac).reason,
            "is for another machine (macosx_10_13_x86_64), the target is arm64");
  EXPECT_TRUE(fit_wheel(wheel("x-1-cp312-cp312-macosx_10_13_universal2.whl"), mac).fits);
}

// RHEL 8: glibc 2.28, and a pip 20.2 that has not heard of manylinux_2_28.
TEST(PythonWheelNameTest, AnOldPipIsNamedWhereItMatters) {
  const TargetTags target = tags("linux-x86_64-glibc2.28-cp39-pip20.2");
  const WheelFit unknown = fit_wheel(wheel("x-1-cp39-cp39-manylinux_2_28_x86_64.whl"), target);
  ASSERT_TRUE(unknown.fits);
  ASSERT_TRUE(unknown.pip.has_value());
  EXPECT_EQ(unknown.pip->text(), "20.3");
  // One of two tags is enough.
  const WheelFit known =
      fit_wheel(wheel("x-1-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"), target);
  ASSERT_TRUE(known.fits);
  EXPECT_FALSE(known.pip.has_value());
  EXPECT_EQ(known.best.text(), "cp39-cp39-manylinux2014_x86_64");
  EXPECT_FALSE(
      fit_wheel(wheel("x-1-cp39-cp39-manylinux_2_28_x86_64.whl"), tags("linux-x86_64-glibc2.28-cp39")).pip);
}

}  // namespace
}  // namespace pannier

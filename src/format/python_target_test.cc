#include "format/python_target.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "format/python_golden_test.h"

namespace pannier {
namespace {

PythonTarget target(const std::string& text) {
  const auto parsed = PythonTarget::parse(text);
  if (!parsed.ok()) ADD_FAILURE() << parsed.error().to_string();
  return parsed.ok() ? *parsed : PythonTarget{};
}

TEST(PythonTargetTest, TakesTheTagsThatPackagingFindsOnSuchAMachine) {
  const JsonDocument golden = python_golden("target_tags");
  size_t count = 0;
  for (const auto [text, row] : golden.root().members()) {
    const TargetTags tags(target(std::string(text)));
    std::string lines;
    std::vector<std::string> platforms;
    for (const WheelTag& tag : tags.tags()) {
      lines += tag.text() + "\n";
      if (tag.python == tags.tags()[0].python && tag.abi == tags.tags()[0].abi)
        platforms.push_back(tag.platform);
    }
    EXPECT_EQ(platforms, texts_of(row["platforms"])) << text;
    EXPECT_EQ(tags.tags().size(), row["count"].as_unsigned()) << text;
    EXPECT_EQ(tags.tags().front().text(), text_of(row["first"])) << text;
    EXPECT_EQ(tags.tags().back().text(), text_of(row["last"])) << text;
    EXPECT_EQ(sha256(lines).hex(), text_of(row["sha256"])) << text;
    EXPECT_EQ(tags.target().text(), text);  // the goldens' names are canonical
    ++count;
  }
  EXPECT_EQ(count, 14u);
}

TEST(PythonTargetTest, TheCanonicalFormParsesBackToTheSame) {
  for (const char* text :
       {"linux-x86_64-glibc2.28-cp39", "linux-aarch64-musl1.2-cp312", "windows-x86_64-cp312",
        "macos13-arm64-cp312", "macos10.15-x86_64-cp38", "linux-x86_64-glibc2.28-cp39-pip20.2",
        "linux-x86_64-glibc2.28-cp3.9.18", "linux-x86_64-glibc2.28-cp3.9.0-pip24.0", "windows-x86-cp38"}) {
    EXPECT_EQ(target(text).text(), text);
    EXPECT_EQ(target(target(text).text()), target(text));
  }
}

TEST(PythonTargetTest, NamesThatPeopleUseAreUnderstood) {
  EXPECT_EQ(target("Linux-AMD64-glibc2.28-cp39").text(), "linux-x86_64-glibc2.28-cp39");
  EXPECT_EQ(target("linux-arm64-musl1.2-cp3.12").text(), "linux-aarch64-musl1.2-cp312");
  EXPECT_EQ(target("win-x64-cp312").text(), "windows-x86_64-cp312");
  EXPECT_EQ(target("darwin-aarch64-cp312").text(), "macos13-arm64-cp312");
  EXPECT_EQ(target("macos-arm64-cp312-pip24").text(), "macos13-arm64-cp312-pip24.0");
  EXPECT_EQ(target("macos14.0-arm64-cp312").text(), "macos14-arm64-cp312");
}

struct Refusal {
  const char* text;
  const char* part;  // what the message is about
  ErrorKind kind = ErrorKind::kInvalid;
};

TEST(PythonTargetTest, TheMessageSaysWhichPartIsWrong) {
  const std::vector<Refusal> refusals = {
      {"", "no system"},
      {"linux", "no machine", ErrorKind::kUnsupported},
      {"linux-x86_64-cp39", "says its libc"},
      {"linux-x86_64-glibc2.28", "no Python"},
      {"linux-sparc-glibc2.28-cp39", "no machine", ErrorKind::kUnsupported},
      {"windows-aarch32-cp39", "no machine", ErrorKind::kUnsupported},
      {"linux-x86_64-glibc-cp39", "no version of glibc"},
      {"linux-x86_64-glibc2-cp39", "no version of glibc"},
      {"linux-x86_64-glibc3.1-cp39", "no version of glibc"},
      {"linux-x86_64-glibc2.028-cp39", "no version of glibc"},
      {"linux-x86_64-musl2.0-cp39", "no version of musl"},
      {"linux-x86_64-glibc2.99999999999-cp39", "no version of glibc"},
      {"linux-x86_64-glibc2.28-cp27", "no Python"},
      {"linux-x86_64-glibc2.28-cp35", "no Python"},
      {"linux-x86_64-glibc2.28-39", "no Python"},
      {"linux-x86_64-glibc2.28-cp3.9.1.2", "no Python"},
      {"linux-x86_64-glibc2.28-cp", "no Python"},
      {"linux-x86_64-glibc2.28-pp39", "CPython only", ErrorKind::kUnsupported},
      {"linux-x86_64-glibc2.28-cp313t", "CPython only", ErrorKind::kUnsupported},
      {"linux-x86_64-glibc2.28-cp39-pip", "no version of pip"},
      {"linux-x86_64-glibc2.28-cp39-x", "no version of pip"},
      {"linux-x86_64-glibc2.28-cp39-", "no version of pip"},
      {"linux-x86_64-glibc2.28-cp39-pip20.2-x", "should not be there"},
      {"macos10.15-arm64-cp39", "before 11"},
      {"macos9-x86_64-cp39", "no version of macOS"},
      {"windows-x86_64-glibc2.28-cp39", "no Python"},
      {"macos--arm64-cp312", "no machine", ErrorKind::kUnsupported},
  };
  for (const Refusal& refusal : refusals) {
    const auto parsed = PythonTarget::parse(refusal.text);
    ASSERT_FALSE(parsed.ok()) << refusal.text;
    EXPECT_EQ(parsed.error().kind, refusal.kind) << refusal.text;
    EXPECT_NE(parsed.error().message.find(refusal.part), std::string::npos) << parsed.error().message;
    EXPECT_NE(parsed.error().hint.find("linux-x86_64-glibc2.28-cp39"), std::string::npos);
  }
  EXPECT_EQ(PythonTarget::parse(std::string(1'000, '-')).error().kind, ErrorKind::kLimit);
}

TEST(PythonTargetTest, MarkersAskAboutTheTargetNotThisMachine) {
  const MarkerEnvironment windows = target("windows-x86_64-cp312").markers();
  EXPECT_EQ(windows.sys_platform, "win32");
  EXPECT_EQ(windows.platform_machine, "AMD64");
  EXPECT_EQ(windows.python_full_version, "3.12.0");
  EXPECT_TRUE(*Marker::parse("os_name == 'nt' and python_version >= '3.10'")->evaluate(windows));
  const MarkerEnvironment mac = target("macos-arm64-cp3.9.18").markers();
  EXPECT_EQ(mac.platform_system, "Darwin");
  EXPECT_EQ(mac.python_full_version, "3.9.18");
  EXPECT_EQ(mac.python_version, "3.9");
  EXPECT_EQ(target("linux-aarch64-musl1.2-cp312").markers().platform_machine, "aarch64");
}

TEST(PythonTargetTest, UvIsAskedForNoMoreThanTheTargetHas) {
  EXPECT_EQ(*target("linux-x86_64-glibc2.28-cp39").uv_platform(), "x86_64-manylinux_2_28");
  EXPECT_EQ(*target("linux-x86_64-glibc2.30-cp39").uv_platform(), "x86_64-manylinux_2_28");
  EXPECT_EQ(*target("linux-aarch64-glibc2.17-cp39").uv_platform(), "aarch64-manylinux_2_17");
  EXPECT_EQ(*target("linux-x86_64-glibc2.99-cp39").uv_platform(), "x86_64-manylinux_2_40");
  EXPECT_EQ(*target("linux-aarch64-musl1.2-cp312").uv_platform(), "aarch64-unknown-linux-musl");
  EXPECT_EQ(*target("windows-x86-cp312").uv_platform(), "i686-pc-windows-msvc");
  EXPECT_EQ(*target("windows-arm64-cp312").uv_platform(), "aarch64-pc-windows-msvc");
  EXPECT_EQ(*target("macos-arm64-cp312").uv_platform(), "aarch64-apple-darwin");
  for (const char* text :
       {"linux-x86_64-glibc2.16-cp39", "linux-x86_64-musl1.1-cp39", "linux-s390x-glibc2.28-cp39"}) {
    EXPECT_EQ(target(text).uv_platform().error().kind, ErrorKind::kUnsupported) << text;
  }
  using Variables = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(target("macos14-arm64-cp312").uv_environment(),
            (Variables{{"MACOSX_DEPLOYMENT_TARGET", "14.0"}}));
  EXPECT_TRUE(target("windows-x86-cp312").uv_environment().empty());
  EXPECT_EQ(target("windows-x86-cp312").python_text(), "3.12");
  EXPECT_EQ(target("windows-x86-cp3.12.4").python_text(), "3.12.4");
}

TEST(PythonTargetTest, TagsHaveThreeParts) {
  EXPECT_EQ(WheelTag::parse("CP39-abi3-Win_AMD64")->text(), "cp39-abi3-win_amd64");
  for (const char* text :
       {"", "py3", "py3-none", "py3-none-", "-none-any", "py3--any", "py3-none-any-x", "py3-none-a.b"}) {
    EXPECT_FALSE(WheelTag::parse(text).ok()) << text;
  }
}

TEST(PythonTargetTest, OldPipsDoNotKnowNewTags) {
  const auto needed = [](const char* tag) { return pip_needed_for(*WheelTag::parse(tag)).text(); };
  EXPECT_EQ(needed("cp39-cp39-manylinux_2_28_x86_64"), "20.3");
  EXPECT_EQ(needed("cp39-cp39-musllinux_1_2_x86_64"), "21.2");
  EXPECT_EQ(needed("cp39-cp39-manylinux2014_x86_64"), "19.3");
  EXPECT_EQ(needed("cp39-cp39-manylinux2010_x86_64"), "19.0");
  EXPECT_EQ(needed("cp39-cp39-macosx_11_0_arm64"), "20.3");
  EXPECT_EQ(needed("cp39-cp39-macosx_10_9_universal2"), "21.1");
  EXPECT_EQ(needed("cp39-cp39-macosx_10_9_x86_64"), "0.0");
  EXPECT_EQ(needed("py3-none-any"), "0.0");
}

}  // namespace
}  // namespace pannier

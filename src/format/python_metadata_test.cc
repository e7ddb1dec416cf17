#include "format/python_metadata.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "format/python_golden_test.h"

namespace pannier {
namespace {

Result<PackageMetadata> metadata(const std::string& more) {
  return parse_package_metadata("Metadata-Version: 2.1\nName: x\nVersion: 1\n" + more, "M");
}

TEST(PythonMetadataTest, SeesWhatPackagingSees) {
  const JsonDocument golden = python_golden("texts");
  size_t count = 0;
  for (const JsonValue row : golden.root()["metadatas"].elements()) {
    const auto parsed = parse_package_metadata(text_of(row["text"]), "M");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed->metadata_version, text_of(row["metadata_version"]));
    EXPECT_EQ(parsed->name, text_of(row["name"]));
    EXPECT_EQ(parsed->version.text(), text_of(row["version"]));
    EXPECT_EQ(parsed->requires_python, text_of(row["requires_python"]));
    EXPECT_EQ(parsed->provides_extra, texts_of(row["provides_extra"]));
    EXPECT_EQ(parsed->license, text_of(row["license"]));
    EXPECT_EQ(parsed->license_expression, text_of(row["license_expression"]));
    std::vector<std::string> needed;
    for (const Requirement& requirement : parsed->requires_dist) needed.push_back(requirement.text());
    std::vector<std::string> expected;
    for (const std::string& text : texts_of(row["requires_dist"]))
      expected.push_back(Requirement::parse(text)->text());
    EXPECT_EQ(needed, expected);
    ++count;
  }
  EXPECT_EQ(count, 3u);
}

TEST(PythonMetadataTest, TheLicenceForPeople) {
  EXPECT_EQ(metadata("License: BSD\n")->licence_text(), "BSD");
  EXPECT_EQ(metadata("License: BSD\nClassifier: License :: OSI Approved :: MIT License\n")->licence_text(),
            "OSI Approved :: MIT License");
  EXPECT_EQ(metadata("License: BSD\nLicense-Expression: MIT\n")->licence_text(), "MIT");
  const std::string cut = metadata("License: " + std::string(199, 'a') + "\xC3\xA9 and more\n")->license;
  EXPECT_EQ(cut, std::string(199, 'a') + "…");
}

// To Python's parser a lone carriage return ends a line: pip would install what we did not see.
TEST(PythonMetadataTest, AHiddenRequirementBehindACarriageReturn) {
  const auto parsed = metadata("Summary: harmless\rRequires-Dist: evil\n");
  ASSERT_FALSE(parsed.ok());
  EXPECT_NE(parsed.error().message.find("carriage return"), std::string::npos);
}

// A line that is no header begins the text, for us as for pip.
TEST(PythonMetadataTest, HeadersEndWherePythonEndsThem) {
  EXPECT_TRUE(metadata("no header here\nRequires-Dist: a\n")->requires_dist.empty());
  EXPECT_TRUE(metadata("\nRequires-Dist: a\n")->requires_dist.empty());
  EXPECT_EQ(metadata("X: y\nRequires-Dist: a\n")->requires_dist.size(), 1u);
}

TEST(PythonMetadataTest, WhatCannotBeUnderstoodIsRefused) {
  struct Case {
    const char* text;
    const char* reason;
    ErrorKind kind = ErrorKind::kCorrupt;
  };
  const std::vector<Case> cases = {
      {"", "no headers"},
      {"\n\n", "no headers"},
      {" x\nName: y\n", "continued line"},
      {"Metadata-Version: 2.1\nVersion: 1\n", "no Name"},
      {"Metadata-Version: 2.1\nName: x\n", "no Version"},
      {"Metadata-Version: 2.1\nName: x\nName: y\nVersion: 1\n", "more than one Name"},
      {"Metadata-Version: 2.1\nName: x\nVersion: 1\nVersion: 2\n", "more than one Version"},
      {"Metadata-Version: 2.1\nName: ../x\nVersion: 1\n", "no name of a package"},
      {"Metadata-Version: 2.1\nName: x\nVersion: one\n", "no version"},
      {"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Dist: a b\n", "M: 'a b'"},
      {"Metadata-Version: 2.1\nName: x\nVersion: 1\nRequires-Python: three\n", "Requires-Python"},
      {"Metadata-Version: 2.1\nName: x\nVersion: 1\nSummary: \xff\n", "not UTF-8"},
      {"Metadata-Version: 3.0\nName: x\nVersion: 1\n", "3.0", ErrorKind::kUnsupported},
  };
  for (const Case& example : cases) {
    const auto parsed = parse_package_metadata(example.text, "M");
    ASSERT_FALSE(parsed.ok()) << example.text;
    EXPECT_EQ(parsed.error().kind, example.kind) << example.text;
    EXPECT_NE(parsed.error().message.find(example.reason), std::string::npos) << parsed.error().message;
    EXPECT_TRUE(parsed.error().message.starts_with("M")) << parsed.error().message;
  }
  const std::string huge(limits::kWheelMetadataBytesMax + 1, 'x');
  EXPECT_EQ(parse_package_metadata(huge, "M").error().kind, ErrorKind::kLimit);
  std::string many;
  for (int i = 0; i < 30'000; ++i) many += "A: b\n";
  EXPECT_EQ(parse_package_metadata(many, "M").error().kind, ErrorKind::kLimit);
}

TEST(PythonMetadataTest, WheelSaysItsTags) {
  const auto parsed = parse_wheel_description(
      "Wheel-Version: 1.0\r\nRoot-Is-Purelib: TRUE\r\nTag: py2.py3-none-any\r\nTag: py3-none-any\r\nBuild: "
      "2\r\n",
      "W");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_TRUE(parsed->root_is_purelib);
  EXPECT_EQ(parsed->build, "2");
  ASSERT_EQ(parsed->tags.size(), 2u);
  EXPECT_EQ(parsed->tags[0].text(), "py2-none-any");
  EXPECT_EQ(parse_wheel_description("Wheel-Version: 2.0\n", "W").error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(parse_wheel_description("Wheel-Version: x\n", "W").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(parse_wheel_description("Tag: py3-none-any\n", "W").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(parse_wheel_description("Wheel-Version: 1.0\nTag: py3\n", "W").error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier

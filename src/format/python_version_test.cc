#include "format/python_version.h"

#include <gtest/gtest.h>

#include "format/python_golden_test.h"

namespace pannier {
namespace {

PackageVersion version(const std::string& text) { return *PackageVersion::parse(text); }

TEST(PythonVersionTest, ReadsAndNormalisesAsPackagingDoes) {
  const JsonDocument golden = python_golden("versions");
  size_t valid = 0;
  for (const JsonValue row : golden.root()["versions"].elements()) {
    const std::string text = text_of(row["text"]);
    const auto parsed = PackageVersion::parse(text);
    ASSERT_EQ(parsed.ok(), !row["normal"].is_null()) << text;
    if (!parsed.ok()) {
      EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid) << text;
      continue;
    }
    ++valid;
    EXPECT_EQ(parsed->text(), text_of(row["normal"])) << text;
    EXPECT_EQ(parsed->is_prerelease(), row["prerelease"].as_bool()) << text;
    EXPECT_EQ(PackageVersion::parse(parsed->text())->text(), parsed->text());
  }
  EXPECT_GT(valid, 150u);
}

// Each against each: a line of the golden holds what is equal, later lines what is greater.
TEST(PythonVersionTest, OrdersAsPackagingDoes) {
  const JsonDocument golden = python_golden("versions");
  struct Placed {
    size_t line;
    PackageVersion version;
  };
  std::vector<Placed> all;
  size_t line = 0;
  for (const JsonValue equal : golden.root()["order"].elements()) {
    for (const std::string& text : texts_of(equal)) all.push_back({line, version(text)});
    ++line;
  }
  ASSERT_GT(line, 100u);
  for (const Placed& a : all) {
    for (const Placed& b : all) {
      EXPECT_EQ(a.version <=> b.version, a.line <=> b.line) << a.version.text() << " " << b.version.text();
    }
  }
}

TEST(PythonVersionTest, NumbersAndTextsAreBounded) {
  EXPECT_TRUE(PackageVersion::parse("9999999999999999999").ok());
  EXPECT_EQ(PackageVersion::parse("99999999999999999999").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(PackageVersion::parse("1+12345678901234567890").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(PackageVersion::parse("0000000000000000000000001")->text(), "1");
  std::string longest = "1";
  while (longest.size() < 511) longest += ".1";
  EXPECT_TRUE(PackageVersion::parse(longest).ok());
  EXPECT_EQ(PackageVersion::parse(longest + ".1").error().kind, ErrorKind::kLimit);
}

// The greatest number that is read has a successor: ==N.* asks for it.
TEST(PythonVersionTest, TheGreatestNumberDoesNotWrapAround) {
  const auto specifiers = VersionSpecifiers::parse("==9999999999999999999.*");
  ASSERT_TRUE(specifiers.ok());
  EXPECT_TRUE(specifiers->contains(version("9999999999999999999.1")));
  EXPECT_FALSE(specifiers->contains(version("1")));
}

TEST(PythonVersionTest, AnErrorShowsTheTextSafely) {
  const Error error = PackageVersion::parse("1.0\x1b[2J").error();
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
  EXPECT_NE(error.message.find("1.0\\x1b"), std::string::npos) << error.message;
}

TEST(PythonSpecifierTest, ContainsAndChoosesAsPackagingDoes) {
  const JsonDocument golden = python_golden("specifiers");
  std::vector<PackageVersion> candidates;
  for (const std::string& text : texts_of(golden.root()["candidates"])) candidates.push_back(version(text));
  ASSERT_GT(candidates.size(), 80u);
  for (const JsonValue row : golden.root()["specifiers"].elements()) {
    const std::string text = text_of(row["text"]);
    const auto parsed = VersionSpecifiers::parse(text);
    ASSERT_EQ(parsed.ok(), !row["normal"].is_null()) << text;
    if (!parsed.ok()) {
      EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid) << text;
      continue;
    }
    EXPECT_EQ(parsed->text(), text_of(row["normal"])) << text;
    EXPECT_EQ(parsed->allows_prereleases(), row["prereleases"].as_bool()) << text;
    std::string chosen(candidates.size(), '0');
    for (const size_t i : parsed->choose(candidates)) chosen[i] = '1';
    EXPECT_EQ(chosen, text_of(row["chosen"])) << text;
    for (size_t i = 0; i < candidates.size(); ++i) {
      EXPECT_EQ(parsed->contains(candidates[i]), text_of(row["contains"])[i] == '1')
          << text << " " << candidates[i].text();
    }
    EXPECT_EQ(VersionSpecifiers::parse(parsed->text())->text(), parsed->text());
  }
}

TEST(PythonSpecifierTest, ErrorsNameTheConditionAndTheReason) {
  EXPECT_NE(VersionSpecifiers::parse(">=1.0,<2.*").error().message.find("'<2.*'"), std::string::npos);
  EXPECT_NE(VersionSpecifiers::parse("~=1").error().message.find("two numbers"), std::string::npos);
  EXPECT_EQ(VersionSpecifiers::parse(">=99999999999999999999").error().kind, ErrorKind::kLimit);
}

TEST(PythonSpecifierTest, AMillionConditionsAreRefused) {
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += ">0,";
  EXPECT_EQ(VersionSpecifiers::parse(text).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier

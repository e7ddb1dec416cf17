#include "format/python_requirement.h"

#include <gtest/gtest.h>

#include "format/python_golden_test.h"

namespace pannier {
namespace {

TEST(PythonRequirementTest, ReadsAndPrintsAsPackagingDoes) {
  const JsonDocument golden = python_golden("requirements");
  for (const JsonValue row : golden.root()["requirements"].elements()) {
    const std::string text = text_of(row["text"]);
    const auto parsed = Requirement::parse(text);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(parsed->text(), text_of(row["normal"])) << text;
    EXPECT_EQ(parsed->normalised_name(), text_of(row["name"])) << text;
    const std::vector<std::string> extras = texts_of(row["extras"]);
    EXPECT_EQ(parsed->normalised_extras(), std::set<std::string>(extras.begin(), extras.end())) << text;
    EXPECT_EQ(parsed->url, text_of(row["url"])) << text;
    const auto again = Requirement::parse(parsed->text());
    ASSERT_TRUE(again.ok()) << again.error().message;
    EXPECT_EQ(again->text(), parsed->text());
  }
}

TEST(PythonRequirementTest, RefusesWhatPackagingRefuses) {
  const JsonDocument golden = python_golden("requirements");
  for (const std::string& text : texts_of(golden.root()["invalid"])) {
    const auto parsed = Requirement::parse(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid) << text;
  }
}

TEST(PythonRequirementTest, NamesHaveOneSpelling) {
  const JsonDocument golden = python_golden("requirements");
  for (const auto [name, normal] : golden.root()["names"].members()) {
    EXPECT_EQ(normalise_package_name(name), text_of(normal));
  }
  EXPECT_FALSE(is_package_name(""));
  EXPECT_FALSE(is_package_name("a/b"));
  EXPECT_FALSE(is_package_name("a_"));
  EXPECT_FALSE(is_package_name(std::string(256, 'a')));
  EXPECT_TRUE(is_package_name(std::string(255, 'a')));
}

TEST(PythonRequirementTest, TheMessageSaysWhere) {
  const Error error = Requirement::parse("torch>=2 numpy").error();
  EXPECT_NE(error.message.find("torch>=2 numpy"), std::string::npos);
  EXPECT_NE(Requirement::parse("x[a b]").error().message.find("character 4"), std::string::npos);
}

// A marker that cannot be read is not left out: it would be installed where it should not.
TEST(PythonRequirementTest, ABadMarkerFailsTheRequirement) {
  EXPECT_NE(Requirement::parse("x; python_version >> '3'").error().message.find("marker"), std::string::npos);
}

TEST(PythonRequirementTest, LongTextsAreRefused) {
  EXPECT_EQ(Requirement::parse(std::string(70'000, 'a')).error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier

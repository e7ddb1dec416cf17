#include "format/python_marker.h"

#include <gtest/gtest.h>

#include "format/python_golden_test.h"

namespace pannier {
namespace {

MarkerEnvironment environment_of(JsonValue row) {
  MarkerEnvironment environment;
  environment.python_version = text_of(row["python_version"]);
  environment.python_full_version = text_of(row["python_full_version"]);
  environment.os_name = text_of(row["os_name"]);
  environment.sys_platform = text_of(row["sys_platform"]);
  environment.platform_machine = text_of(row["platform_machine"]);
  environment.platform_system = text_of(row["platform_system"]);
  environment.platform_python_implementation = text_of(row["platform_python_implementation"]);
  environment.implementation_name = text_of(row["implementation_name"]);
  environment.implementation_version = text_of(row["implementation_version"]);
  return environment;
}

TEST(PythonMarkerTest, ReadsPrintsAndEvaluatesAsPackagingDoes) {
  const JsonDocument golden = python_golden("markers");
  const std::vector<std::string> extras = texts_of(golden.root()["extras"]);
  for (const JsonValue row : golden.root()["markers"].elements()) {
    const std::string text = text_of(row["text"]);
    const auto marker = Marker::parse(text);
    ASSERT_TRUE(marker.ok()) << marker.error().message;
    EXPECT_EQ(marker->text(), text_of(row["normal"])) << text;
    EXPECT_EQ(Marker::parse(marker->text())->text(), marker->text()) << text;
    for (const auto [name, facts] : golden.root()["environments"].members()) {
      size_t i = 0;
      for (const JsonValue expected : row[name].elements()) {
        const auto answer = marker->evaluate(environment_of(facts), extras[i]);
        ASSERT_EQ(answer.ok(), !expected.is_null()) << text << " on " << name;
        if (answer.ok()) {
          EXPECT_EQ(*answer, expected.as_bool()) << text << " on " << name << ", extra " << extras[i];
        }
        ++i;
      }
      EXPECT_EQ(i, extras.size());
    }
  }
}

TEST(PythonMarkerTest, RefusesWhatPackagingRefuses) {
  const JsonDocument golden = python_golden("markers");
  for (const std::string& text : texts_of(golden.root()["invalid"])) {
    const auto marker = Marker::parse(text);
    ASSERT_FALSE(marker.ok()) << text;
    EXPECT_EQ(marker.error().kind, ErrorKind::kInvalid) << text;
  }
}

TEST(PythonMarkerTest, NoMarkerAlwaysApplies) {
  EXPECT_TRUE(*Marker().evaluate({}));
  EXPECT_EQ(Marker().text(), "");
}

TEST(PythonMarkerTest, AppliesWithAnyOfTheExtras) {
  const Marker marker = *Marker::parse("extra == 'torch'");
  EXPECT_TRUE(marker.names_extra());
  EXPECT_FALSE(*marker.applies({}, {}));
  EXPECT_FALSE(*marker.applies({}, {"vision"}));
  EXPECT_TRUE(*marker.applies({}, {"vision", "torch"}));
  // With an extra, what is needed without one is needed too.
  EXPECT_TRUE(*Marker::parse("extra != 'torch'")->applies({}, {"torch"}));
  EXPECT_FALSE(Marker::parse("os_name == 'extra'")->names_extra());
}

// Comparisons whose answer readers would differ on are errors, not false.
TEST(PythonMarkerTest, WhatMakesNoSenseIsAnError) {
  for (const char* text : {"'a' == 'a'", "os_name == sys_platform", "'a' in dependency_groups"}) {
    const auto marker = Marker::parse(text);
    ASSERT_TRUE(marker.ok()) << text;
    EXPECT_EQ(marker->evaluate({}).error().kind, ErrorKind::kInvalid) << text;
  }
  EXPECT_FALSE(Marker::parse("os_name == 'a\\x62'").ok());
}

// Ten thousand parentheses must not overflow the stack.
TEST(PythonMarkerTest, DeepNestingIsRefused) {
  std::string text(10'000, '(');
  text += "os_name == 'x'";
  EXPECT_EQ(Marker::parse(text).error().kind, ErrorKind::kLimit);
  const std::string allowed = std::string(32, '(') + "os_name == 'x'" + std::string(32, ')');
  ASSERT_TRUE(Marker::parse(allowed).ok());
  EXPECT_EQ(Marker::parse(allowed)->text(), "os_name == \"x\"");
}

}  // namespace
}  // namespace pannier

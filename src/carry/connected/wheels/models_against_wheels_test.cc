// models_against_wheels: a tokenizer of transformers 5 and a transformers 4 do not go together.
#include "carry/connected/wheels/models_against_wheels.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

LockedWheelhouse house(const std::string& target, const std::string& transformers) {
  LockedWheelhouse out;
  out.target = target;
  LockedWheel tokenizers;
  tokenizers.package = "tokenizers";
  tokenizers.version = "0.22.0";
  out.wheels.push_back(tokenizers);
  if (!transformers.empty()) {
    LockedWheel wheel;
    wheel.package = "transformers";
    wheel.version = transformers;
    out.wheels.push_back(wheel);
  }
  return out;
}

TEST(ModelsAgainstWheels, ReadsTheTwoFiles) {
  const auto facts = read_model_facts("org/m", R"({"tokenizer_class": "TokenizersBackend", "x": 1})",
                                      R"({"transformers_version": "5.2.0.dev0"})");
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->name, "org/m");
  EXPECT_EQ(facts->tokenizer_class, "TokenizersBackend");
  EXPECT_EQ(facts->transformers_version, "5.2.0.dev0");
  const auto nothing = read_model_facts("m", "", R"({"transformers_version": null})");
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(nothing->tokenizer_class, "");
  EXPECT_EQ(nothing->transformers_version, "");
  for (const char* bad : {"[]", "{", "\"x\""}) {
    const auto facts_of_bad = read_model_facts("org/m", "", bad);
    ASSERT_FALSE(facts_of_bad.ok()) << bad;
    EXPECT_EQ(facts_of_bad.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(facts_of_bad.error().message.find("config.json"), std::string::npos);
  }
}

TEST(ModelsAgainstWheels, NamesBothThatDoNotGoTogether) {
  const ModelFacts five{"org/five", "TokenizersBackend", "5.1.0"};
  const ModelFacts four{"org/four", "DistilBertTokenizer", "4.57.0"};
  const auto warnings = check_models_against_wheels(
      {five, four},
      {house("linux-x86_64-glibc2.28-cp39", "4.57.6"), house("windows-x86_64-cp312", "5.23.0")});
  ASSERT_EQ(warnings.size(), 1u);
  for (const char* part : {"org/five", "linux-x86_64-glibc2.28-cp39", "TokenizersBackend", "4.57.6"}) {
    EXPECT_NE(warnings[0].find(part), std::string::npos) << warnings[0];
  }
}

TEST(ModelsAgainstWheels, ANewerMajorVersionIsWorthAWord) {
  const ModelFacts model{"m", "BertTokenizer", "5.0.1"};
  const auto warnings = check_models_against_wheels({model}, {house("t", "4.57.6")});
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_NE(warnings[0].find("saved by transformers 5.0.1"), std::string::npos) << warnings[0];
}

TEST(ModelsAgainstWheels, SaysNothingWhereNothingIsCertain) {
  const ModelFacts five{"m", "TokenizersBackend", "5.1.0"};
  const ModelFacts odd{"m", "X", "not a version"};
  const ModelFacts newer_minor{"m", "BertTokenizer", "4.99.0"};
  EXPECT_TRUE(check_models_against_wheels({five}, {house("t", "")}).empty());
  EXPECT_TRUE(check_models_against_wheels({five}, {house("t", "5.0.0")}).empty());
  EXPECT_TRUE(check_models_against_wheels({odd, newer_minor}, {house("t", "4.57.6")}).empty());
  EXPECT_TRUE(check_models_against_wheels({}, {house("t", "4.57.6")}).empty());
}

}  // namespace
}  // namespace pannier

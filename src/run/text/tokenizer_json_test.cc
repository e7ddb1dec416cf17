#include "run/text/tokenizer_json.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

JsonDocument document(const std::string& json) {
  auto parsed = JsonDocument::parse(json, "test");
  EXPECT_TRUE(parsed.ok()) << json;
  return std::move(parsed).value();
}

TEST(TokenizerJson, AbsentAndNullPartsAreNone) {
  for (const char* json : {"{}", R"({"normalizer": null, "pre_tokenizer": null, "post_processor": null})"}) {
    const JsonDocument parsed = document(json);
    EXPECT_EQ(build_normalizer(parsed.root()).value(), nullptr);
    EXPECT_EQ(build_pre_tokenizer(parsed.root()).value(), nullptr);
    EXPECT_EQ(build_post_processor(parsed.root())->special_token_count(), 0u);
  }
}

TEST(TokenizerJson, AccentsFollowLowerCaseWhereNothingIsSaid) {
  for (const bool lower : {false, true}) {
    const JsonDocument parsed =
        document(std::string(R"({"clean_text": true, "handle_chinese_chars": false, )") +
                 "\"strip_accents\": null, \"lowercase\": " + (lower ? "true}" : "false}"));
    const auto settings = parse_bert_normalizer(parsed.root());
    ASSERT_TRUE(settings.ok());
    EXPECT_EQ(settings->strip_accents, lower);
    EXPECT_FALSE(settings->handle_chinese_chars);
  }
  const JsonDocument incomplete = document(R"({"lowercase": true})");
  EXPECT_EQ(parse_bert_normalizer(incomplete.root()).error().kind, ErrorKind::kCorrupt);
}

// Files of the first years name no type; their members do.
TEST(TokenizerJson, AModelWithoutTypeIsKnownByItsMembers) {
  const JsonDocument parsed = document(
      R"({"model": {"unk_token": "u", "continuing_subword_prefix": "##", "max_input_chars_per_word": 5, "vocab": {"u": 3}}})");
  const auto model = build_model(parsed.root());
  ASSERT_TRUE(model.ok()) << model.error().to_string();
  EXPECT_EQ((*model)->vocabulary().id_count(), 4u);
  const JsonDocument unknown = document(R"({"model": {"vocab": {}}})");
  EXPECT_FALSE(build_model(unknown.root()).ok());
  const JsonDocument no_model = document("{}");
  EXPECT_EQ(build_model(no_model.root()).error().kind, ErrorKind::kCorrupt);
}

TEST(TokenizerJson, SettingsBesideTheParts) {
  const JsonDocument parsed = document(
      R"({"truncation": {"max_length": 9, "direction": "Left"}, "padding": {"pad_token": "<pad>"},
          "added_tokens": [{"id": 4, "content": "x", "special": true, "normalized": false}]})");
  const auto settings = parse_tokenizer_json_settings(parsed.root());
  ASSERT_TRUE(settings.ok()) << settings.error().to_string();
  EXPECT_EQ(settings->truncation_length, 9u);
  EXPECT_EQ(settings->truncation_side, TruncationSide::kLeft);
  EXPECT_EQ(settings->pad_token, "<pad>");
  ASSERT_EQ(settings->added_tokens.size(), 1u);
  EXPECT_EQ(settings->added_tokens[0].first, 4);
  const JsonDocument sideways = document(R"({"truncation": {"max_length": 9, "direction": "Up"}})");
  EXPECT_EQ(parse_tokenizer_json_settings(sideways.root()).error().kind, ErrorKind::kCorrupt);
}

TEST(TokenizerJson, BertProcessingIsATemplate) {
  const JsonDocument parsed =
      document(R"({"post_processor": {"type": "BertProcessing", "sep": ["s", 7], "cls": ["c", 6]}})");
  const auto processor = build_post_processor(parsed.root());
  ASSERT_TRUE(processor.ok());
  EXPECT_EQ(processor->pieces()[0].id, 6);
  EXPECT_TRUE(processor->pieces()[1].is_text);
  EXPECT_EQ(processor->pieces()[2].id, 7);
}

}  // namespace
}  // namespace pannier

#include "run/text/tokenizer_config.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

JsonDocument document(const char* json) {
  auto parsed = JsonDocument::parse(json, "test");
  EXPECT_TRUE(parsed.ok()) << json;
  return std::move(parsed).value();
}

Result<TokenizerConfig> parse(const char* config, const char* map = "{}", const char* added = "{}",
                              const char* model = "{}") {
  const JsonDocument documents[] = {document(config), document(map), document(added), document(model)};
  return parse_tokenizer_config(
      {documents[0].root(), documents[1].root(), documents[2].root(), documents[3].root()});
}

TEST(TokenizerConfig, DefaultsAreThoseOfBertTokenizer) {
  const auto config = parse_tokenizer_config({});
  ASSERT_TRUE(config.ok());
  EXPECT_TRUE(config->do_lower_case);
  EXPECT_TRUE(config->tokenize_chinese_chars);
  EXPECT_FALSE(config->strip_accents.has_value());
  EXPECT_FALSE(config->tokenizer_class.has_value());
}

TEST(TokenizerConfig, LaterFilesOverrideEarlierOnes) {
  const auto config = parse(R"({"cls_token": "[A]", "sep_token": null, "tokenizer_class": "X"})",
                            R"({"cls_token": {"content": "[B]", "lstrip": true}})",
                            R"({"[B]": 9, "film": 8})", R"({"tokenizer_class": "Y", "model_type": "bert"})");
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_EQ(config->tokenizer_class, "X");
  EXPECT_EQ(config->model_type, "bert");
  const auto& cls = config->special_tokens.at("cls_token");
  ASSERT_TRUE(cls && cls->spec);
  EXPECT_EQ(cls->content, "[B]");
  EXPECT_TRUE(cls->spec->token.special && cls->spec->token.lstrip);
  EXPECT_FALSE(config->special_tokens.at("sep_token").has_value());
  EXPECT_FALSE(config->special_tokens.contains("unk_token"));
  EXPECT_TRUE(config->added_tokens.at(9).token.special);
  EXPECT_TRUE(config->added_tokens.at(8).resolve().normalized);
}

TEST(TokenizerConfig, AnAddedTokensDecoderMakesTheOlderFilesSilent) {
  const auto config =
      parse(R"({"added_tokens_decoder": {"10": {"content": "x", "special": true}, "2": {"content": "y"}}})",
            R"({"cls_token": "[B]"})", R"({"film": 8})");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->added_tokens.size(), 2u);
  EXPECT_EQ(config->added_tokens.begin()->first, 2);
  EXPECT_FALSE(config->added_tokens.at(10).resolve().normalized);
  EXPECT_TRUE(config->special_tokens.empty());
}

TEST(TokenizerConfig, VeryLargeIntegersMeanNoLimit) {
  EXPECT_FALSE(
      parse(R"({"model_max_length": 1000000000000000019884624838656})")->model_max_length.has_value());
  EXPECT_EQ(parse(R"({"model_max_length": 512})")->model_max_length, 512u);
  EXPECT_EQ(parse(R"({"max_len": 64})")->model_max_length, 64u);
}

TEST(TokenizerConfig, ExtraTokensUnderBothNames) {
  const auto config = parse(R"({"additional_special_tokens": ["a", "a", "b"], "image_token": "<i>"})");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->extras.size(), 2u);
  ASSERT_EQ(config->named_extras.size(), 1u);
  EXPECT_EQ(config->named_extras[0].content, "<i>");
}

TEST(TokenizerConfig, WrongValuesNameFileAndKey) {
  for (const char* json : {R"({"do_lower_case": 1})", R"({"strip_accents": "no"})", R"({"cls_token": 3})",
                           R"({"added_tokens_decoder": {"x": {"content": "a"}}})", R"([])",
                           R"({"added_tokens_decoder": {"1": {"content": 4}}})",
                           R"({"added_tokens_decoder": 4})", R"({"additional_special_tokens": 4})"}) {
    const auto config = parse(json);
    ASSERT_FALSE(config.ok()) << json;
    EXPECT_EQ(config.error().kind, ErrorKind::kCorrupt) << json;
    EXPECT_NE(config.error().message.find("tokenizer_config.json"), std::string::npos) << json;
  }
  EXPECT_FALSE(parse("{}", "{}", R"({"film": "8"})").ok());
}

// Each extra token is compared with all others, so their number is bounded.
TEST(TokenizerConfig, TooManyExtraTokensAreRefused) {
  std::string list = "{\"extra_special_tokens\": [\"0\"";
  for (int i = 1; i < 5000; ++i) list += ",\"" + std::to_string(i) + "\"";
  const auto config = parse((list + "]}").c_str());
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier

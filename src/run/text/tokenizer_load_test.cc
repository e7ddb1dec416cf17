// Which files decide, as transformers decides; what the files give is in the golden test.
#include <gtest/gtest.h>

#include <thread>

#include "run/text/tokenizer.h"

namespace pannier {
namespace {

using Files = std::map<std::string, std::string>;

const std::string kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nfilm\nFilm\n##s\né\ne\n";

std::string tokenizer_json(const std::string& lowercase) {
  return R"({"version": "1.0", "added_tokens": [], "pre_tokenizer": {"type": "BertPreTokenizer"},
    "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                   "strip_accents": null, "lowercase": )" +
         lowercase + R"(},
    "truncation": {"max_length": 128, "strategy": "LongestFirst", "stride": 0, "direction": "Right"},
    "model": {"unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
              "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "film": 5, "Film": 6}}})";
}

Result<std::unique_ptr<Tokenizer>> load(const Files& contents) {
  return Tokenizer::load(*model_files_from_memory("some/model", contents));
}

std::vector<int32_t> ids(const Result<std::unique_ptr<Tokenizer>>& tokenizer, std::string_view text) {
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  if (!tokenizer.ok()) return {};
  Encoding encoding;
  EXPECT_TRUE((*tokenizer)->encode(text, {}, encoding).ok());
  return encoding.ids;
}

TEST(TokenizerLoad, AFolderWithoutTokenizerNamesEveryMissingFile) {
  const auto tokenizer = load({{"config.json", "{}"}});
  ASSERT_FALSE(tokenizer.ok());
  EXPECT_EQ(tokenizer.error().kind, ErrorKind::kIncomplete);
  const std::string message = tokenizer.error().to_string();
  for (const char* part : {"some/model", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "hint"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
}

TEST(TokenizerLoad, VocabTxtAloneIsAnUncasedBertTokenizer) {
  const auto tokenizer = load({{"vocab.txt", kVocab}});
  EXPECT_EQ(ids(tokenizer, "FILMS É[MASK]"), (std::vector<int32_t>{2, 5, 7, 9, 4, 3}));
  EXPECT_EQ((*tokenizer)->special_token_count(), 2u);
  EXPECT_EQ((*tokenizer)->id_count(), 10u);
  EXPECT_EQ((*tokenizer)->token(7), "##s");
  EXPECT_EQ((*tokenizer)->token(-1), "");
  EXPECT_FALSE((*tokenizer)->model_max_length().has_value());
}

TEST(TokenizerLoad, BertClassFollowsTheConfigAndSaysWhereTheFilesDisagree) {
  const Files cased = {
      {"tokenizer.json", tokenizer_json("false")},
      {"tokenizer_config.json", R"({"tokenizer_class": "BertTokenizerFast", "model_max_length": 512})"}};
  const auto tokenizer = load(cased);
  EXPECT_EQ(ids(tokenizer, "Film"), (std::vector<int32_t>{2, 5, 3}));
  EXPECT_NE((*tokenizer)->note().find("lower case"), std::string::npos) << (*tokenizer)->note();
  EXPECT_EQ((*tokenizer)->model_max_length(), 512u);
  EXPECT_EQ((*tokenizer)->file_truncation_length(), 128u);
  Files agreeing = cased;
  agreeing["tokenizer.json"] = tokenizer_json("true");
  EXPECT_EQ((*load(agreeing))->note(), "");
}

TEST(TokenizerLoad, OtherClassesFollowTokenizerJson) {
  const auto tokenizer =
      load({{"tokenizer.json", tokenizer_json("false")},
            {"tokenizer_config.json", R"({"tokenizer_class": "PreTrainedTokenizerFast"})"}});
  EXPECT_EQ(ids(tokenizer, "Film"), (std::vector<int32_t>{6}));  // the file has no post-processor
}

TEST(TokenizerLoad, ModelTypeDecidesWhereNoClassIsNamed) {
  const std::string json = tokenizer_json("false");
  EXPECT_EQ(ids(load({{"tokenizer.json", json}}), "Film"), (std::vector<int32_t>{6}));
  EXPECT_EQ(ids(load({{"tokenizer.json", json}, {"config.json", R"({"model_type": "distilbert"})"}}), "Film"),
            (std::vector<int32_t>{2, 5, 3}));
}

TEST(TokenizerLoad, ClassesWeDoNotHaveAreRefusedByName) {
  const auto unknown = load(
      {{"vocab.txt", kVocab}, {"tokenizer_config.json", R"({"tokenizer_class": "BertJapaneseTokenizer"})"}});
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(unknown.error().to_string().find("BertJapaneseTokenizer"), std::string::npos);
  EXPECT_NE(unknown.error().hint.find("DistilBertTokenizer"), std::string::npos);
  const auto lacking = load({{"vocab.txt", kVocab},
                             {"tokenizer_config.json", R"({"tokenizer_class": "PreTrainedTokenizerFast"})"}});
  ASSERT_FALSE(lacking.ok());
  EXPECT_EQ(lacking.error().kind, ErrorKind::kIncomplete);
}

TEST(TokenizerLoad, SpecialTokensThatDoNotFitTheTemplateAreRefused) {
  const auto tokenizer = load({{"vocab.txt", kVocab}, {"tokenizer_config.json", R"({"cls_token": "a:b"})"}});
  ASSERT_FALSE(tokenizer.ok());
  EXPECT_EQ(tokenizer.error().kind, ErrorKind::kUnsupported);
}

TEST(TokenizerLoad, ALengthWithoutRoomForSpecialTokensIsInvalid) {
  const auto tokenizer = load({{"vocab.txt", kVocab}});
  Encoding encoding;
  EncodeOptions options;
  options.length_max = 1;
  const Status status = (*tokenizer)->encode("film", options, encoding);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
  options.length_max = 2;
  ASSERT_TRUE((*tokenizer)->encode("film", options, encoding).ok());
  EXPECT_EQ(encoding.ids, (std::vector<int32_t>{2, 3}));
  EXPECT_EQ(encoding.dropped_token_count, 1u);
}

TEST(TokenizerLoad, ManyThreadsMayEncodeAtOnce) {
  const auto tokenizer = load({{"vocab.txt", kVocab}});
  ASSERT_TRUE(tokenizer.ok());
  std::vector<std::thread> threads;
  std::vector<size_t> wrong(4);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      Encoding encoding;
      std::string text;
      for (size_t i = 0; i < 200; ++i) {
        text += "films ";
        if (!(*tokenizer)->encode(text, {}, encoding).ok() || encoding.ids.size() != 2 * (i + 1) + 2)
          ++wrong[t];
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<size_t>(4));
}

}  // namespace
}  // namespace pannier

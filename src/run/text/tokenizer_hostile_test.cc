// Tokenizer files and texts made to break a tokenizer. Each sample in tests/hostile/tokenizer is named
// after its attack; each is refused with a message that helps, or is harmless and then works.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/limits.h"
#include "run/text/tokenizer.h"

namespace pannier {
namespace {

std::string sample(const std::string& name) {
  std::ifstream file(std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/tokenizer/" + name, std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  std::stringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

Result<std::unique_ptr<Tokenizer>> load(const std::string& name) {
  const bool json = name.ends_with(".json");
  const auto files =
      model_files_from_memory("model", {{json ? "tokenizer.json" : "vocab.txt", sample(name)}});
  return Tokenizer::load(*files);
}

void expect_refused(const std::string& name, ErrorKind kind, const std::string& part) {
  const auto tokenizer = load(name);
  ASSERT_FALSE(tokenizer.ok()) << name;
  const std::string message = tokenizer.error().to_string();
  EXPECT_EQ(tokenizer.error().kind, kind) << message;
  EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_NE(message.find(name.ends_with(".json") ? "tokenizer" : "vocab.txt"), std::string::npos) << message;
}

std::vector<int32_t> ids(const Tokenizer& tokenizer, std::string_view text) {
  Encoding encoding;
  EXPECT_TRUE(tokenizer.encode(text, {}, encoding).ok());
  return encoding.ids;
}

std::unique_ptr<Tokenizer> plain() {
  auto tokenizer = load("two_tokens_of_one_id.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  return std::move(tokenizer).value();
}

TEST(TokenizerHostile, DeepJson) { expect_refused("deep.json", ErrorKind::kLimit, ""); }
TEST(TokenizerHostile, FileCutOff) { expect_refused("cut_off.json", ErrorKind::kCorrupt, ""); }
TEST(TokenizerHostile, NewerVersion) { expect_refused("newer_version.json", ErrorKind::kUnsupported, "1.0"); }

// An id of 2^32 - 1 would make a table of ids as large.
TEST(TokenizerHostile, HugeVocabularyId) {
  expect_refused("huge_vocabulary_id.json", ErrorKind::kLimit, "4294967295");
}
TEST(TokenizerHostile, VocabularyIdBeyond64Bits) {
  expect_refused("vocabulary_id_beyond_64_bits.json", ErrorKind::kCorrupt, "\"x\"");
}
TEST(TokenizerHostile, NegativeVocabularyId) {
  expect_refused("negative_vocabulary_id.json", ErrorKind::kCorrupt, "\"x\"");
}
TEST(TokenizerHostile, FractionalVocabularyId) {
  expect_refused("fractional_vocabulary_id.json", ErrorKind::kCorrupt, "\"x\"");
}
TEST(TokenizerHostile, TextAsVocabularyId) {
  expect_refused("text_as_vocabulary_id.json", ErrorKind::kCorrupt, "\"x\"");
}
TEST(TokenizerHostile, VocabularyIsAList) {
  expect_refused("vocabulary_is_a_list.json", ErrorKind::kCorrupt, "vocab");
}
TEST(TokenizerHostile, MissingUnknownToken) {
  expect_refused("missing_unknown_token.json", ErrorKind::kCorrupt, "[UNK]");
  expect_refused("no_unknown_token_vocab.txt", ErrorKind::kCorrupt, "[UNK]");
}
TEST(TokenizerHostile, EmptyVocabulary) {
  expect_refused("empty_vocabulary.json", ErrorKind::kCorrupt, "empty");
  expect_refused("empty_vocab.txt", ErrorKind::kCorrupt, "empty");
}

// The reference takes two tokens of one id as they are; encoding is not ambiguous.
TEST(TokenizerHostile, TwoTokensOfOneIdBothEncode) {
  const auto tokenizer = plain();
  EXPECT_EQ(ids(*tokenizer, "a b"), (std::vector<int32_t>{2, 5, 5, 3}));
  EXPECT_EQ(tokenizer->token(5), "b");
}

// Words without end are searched only as far as the longest token reaches.
TEST(TokenizerHostile, AbsurdWordLengthIsHarmlessWithShortTokens) {
  const auto tokenizer = load("absurd_word_length.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  EXPECT_EQ(ids(**tokenizer, std::string(1'000'000, 'a')).size(), 1'000'002u);
}
TEST(TokenizerHostile, AbsurdWordLengthAndLongToken) {
  expect_refused("absurd_word_length_and_long_token.json", ErrorKind::kLimit, "max_input_chars_per_word");
}

TEST(TokenizerHostile, TemplateNamesUnknownToken) {
  expect_refused("template_names_unknown_token.json", ErrorKind::kCorrupt, "[CLS]");
}
TEST(TokenizerHostile, TemplateWantsSecondText) {
  expect_refused("template_wants_second_text.json", ErrorKind::kCorrupt, "Sequence A");
}
TEST(TokenizerHostile, TemplateRepeatsText) {
  expect_refused("template_repeats_text.json", ErrorKind::kLimit, "repeats");
}
TEST(TokenizerHostile, TemplateTokenBomb) {
  expect_refused("template_token_bomb.json", ErrorKind::kLimit, "1024");
}
TEST(TokenizerHostile, TemplateHugeId) {
  expect_refused("template_huge_id.json", ErrorKind::kLimit, "4294967295");
}

TEST(TokenizerHostile, EmptyAddedTokenIsPassedOver) {
  const auto tokenizer = load("empty_added_token.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().to_string();
  EXPECT_EQ(ids(**tokenizer, "a film"), (std::vector<int32_t>{2, 5, 7, 3}));
  EXPECT_EQ((*tokenizer)->id_count(), 8u);
}
TEST(TokenizerHostile, AddedTokenNormalizesToNothing) {
  expect_refused("added_token_normalizes_to_nothing.json", ErrorKind::kCorrupt, "nothing");
}
TEST(TokenizerHostile, AddedTokensBecomeOne) {
  expect_refused("added_tokens_become_one.json", ErrorKind::kCorrupt, "ete");
}
TEST(TokenizerHostile, HugeAddedToken) { expect_refused("huge_added_token.json", ErrorKind::kLimit, "5000"); }
TEST(TokenizerHostile, HugeAddedTokenId) {
  expect_refused("huge_added_token_id.json", ErrorKind::kLimit, "4294967295");
}

TEST(TokenizerHostile, UnknownPartsAreNamedWithWhatIsSupported) {
  expect_refused("unknown_normalizer.json", ErrorKind::kUnsupported, "\"Replace\"");
  expect_refused("unknown_normalizer.json", ErrorKind::kUnsupported, "supported: BertNormalizer");
  expect_refused("unknown_pre_tokenizer.json", ErrorKind::kUnsupported, "supported: BertPreTokenizer");
  expect_refused("unknown_post_processor.json", ErrorKind::kUnsupported,
                 "supported: TemplateProcessing, BertProcessing");
  expect_refused("unknown_model.json", ErrorKind::kUnsupported, "supported: WordPiece");
}

TEST(TokenizerHostile, VocabularyWithInvalidUtf8) {
  expect_refused("invalid_utf8_vocab.txt", ErrorKind::kCorrupt, "line 6");
}
TEST(TokenizerHostile, VocabularyWithNul) { expect_refused("nul_vocab.txt", ErrorKind::kCorrupt, "line 6"); }

// Every prefix of a good file is refused or works; none crashes.
TEST(TokenizerHostile, EveryTruncationOfAFile) {
  const std::string whole = sample("two_tokens_of_one_id.json");
  for (size_t length = 0; length + 2 < whole.size(); ++length) {
    const auto files = model_files_from_memory("model", {{"tokenizer.json", whole.substr(0, length)}});
    EXPECT_FALSE(Tokenizer::load(*files).ok()) << length;
  }
}

TEST(TokenizerHostile, HundredMegabytesWithoutASpaceAreOneUnknownWord) {
  const auto tokenizer = plain();
  Encoding encoding;
  EncodeOptions options;
  ASSERT_TRUE(tokenizer->encode(std::string(100'000'000, 'a'), options, encoding).ok());
  EXPECT_EQ(encoding.ids, (std::vector<int32_t>{2, 1, 3}));
}

TEST(TokenizerHostile, TextBeyondTheLimitIsRefused) {
  const auto tokenizer = plain();
  Encoding encoding;
  const Status status = tokenizer->encode(std::string(limits::kTextBytesMax + 1, ' '), {}, encoding);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kLimit);
}

// Only what is kept is stored, however long the text is.
TEST(TokenizerHostile, LongTextThatIsCutShortCountsWhatItDrops) {
  const auto tokenizer = plain();
  std::string text;
  for (int i = 0; i < 1'000'000; ++i) text += ".";
  Encoding encoding;
  EncodeOptions options;
  options.length_max = 10;
  ASSERT_TRUE(tokenizer->encode(text, options, encoding).ok());
  EXPECT_EQ(encoding.ids.size(), 10u);
  EXPECT_EQ(encoding.dropped_token_count, 999'992u);
}

TEST(TokenizerHostile, InvalidUtf8IsRepaired) {
  const auto tokenizer = plain();
  Encoding encoding;
  EncodeOptions options;
  options.want_offsets = true;
  // A lone byte, a surrogate, an overlong form, and a character cut off at the end.
  ASSERT_TRUE(tokenizer->encode("a \xff film \xed\xa0\x80 \xc0\xaf a\xf0\x9f\x98", options, encoding).ok());
  EXPECT_EQ(encoding.ids, (std::vector<int32_t>{2, 5, 7, 5, 3}));
  EXPECT_EQ(encoding.offsets[2], (Encoding::Offset{4, 8}));
}

TEST(TokenizerHostile, PilesOfMarksThatMustBeSorted) {
  const auto tokenizer = plain();
  std::string text = "a";
  for (int i = 0; i < 200'000; ++i) text += i % 2 == 0 ? "\u0345" : "\u302e";  // classes 240 and 224
  Encoding encoding;
  EncodeOptions options;
  options.want_offsets = true;
  ASSERT_TRUE(tokenizer->encode(text, options, encoding).ok());
  EXPECT_EQ(encoding.ids, (std::vector<int32_t>{2, 1, 3}));
  EXPECT_EQ(encoding.offsets[1], (Encoding::Offset{0, 100'001}));
}

TEST(TokenizerHostile, NearMissesOfAddedTokens) {
  const auto files = model_files_from_memory(
      "model", {{"tokenizer.json", sample("two_tokens_of_one_id.json")},
                {"tokenizer_config.json", R"({"tokenizer_class": "BertTokenizer"})"}});
  const auto tokenizer = Tokenizer::load(*files);
  ASSERT_TRUE(tokenizer.ok());
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += "[MASK";
  EXPECT_EQ(ids(**tokenizer, text).size(), 400'002u);
}

}  // namespace
}  // namespace pannier

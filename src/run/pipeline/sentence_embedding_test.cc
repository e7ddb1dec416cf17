// Tests of sentence embeddings beyond the numbers: lengths, notes, mixed-up folders.
#include "run/pipeline/sentence_embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "run/pipeline/embedding_test_support.h"

namespace pannier {
namespace {

Result<std::unique_ptr<SentenceEmbedding>> load(const Contents& contents, ThreadPool& pool) {
  return SentenceEmbedding::load(*model_files_from_memory("dir:m", contents), pool);
}

// The tokens a long text keeps.
uint32_t length_of(const Contents& contents) {
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  EXPECT_TRUE(pipeline.ok()) << pipeline.error().to_string();
  const auto embeddings = (*pipeline)->run(std::vector<std::string>{long_text()});
  EXPECT_TRUE(embeddings.ok()) << embeddings.error().to_string();
  EXPECT_EQ((*embeddings)[0].token_count + (*embeddings)[0].dropped_token_count, 202u);
  return (*embeddings)[0].token_count;
}

// Three files state a length: tokenizer.json 12, tokenizer_config.json 60, sentence_bert_config.json 20.
TEST(SentenceEmbeddingTest, TheRightOneOfThreeLengths) {
  Contents contents = embedding_model("mean-normalized");
  EXPECT_EQ(length_of(contents), 20u);
  contents["sentence_bert_config.json"] = R"({"max_seq_length": 62})";
  EXPECT_EQ(length_of(contents), 62u);  // above the tokenizer's 60, as sentence-transformers does
  contents["sentence_bert_config.json"] = R"({"max_seq_length": 5000})";
  EXPECT_EQ(length_of(contents), 64u);  // the model has no more positions
  contents["sentence_bert_config.json"] = R"({"max_seq_length": null})";
  EXPECT_EQ(length_of(contents), 60u);
  contents.erase("sentence_bert_config.json");
  EXPECT_EQ(length_of(contents), 60u);
  contents["sentence_bert_config.json"] = R"({"max_seq_length": 20})";
  contents.erase("modules.json");  // then sentence-transformers does not read the other file either
  EXPECT_EQ(length_of(contents), 60u);
}

TEST(SentenceEmbeddingTest, NotesSayWhatIsOtherwiseThanOneMightThink) {
  ThreadPool pool(1);
  EXPECT_EQ((*load(embedding_model("mean-normalized"), pool))->note(), "");
  EXPECT_EQ((*load(embedding_model("cls-f16"), pool))->note(), "weights are F16, computed in fp32");
  Contents contents = embedding_model("cls-f16");
  contents.erase("modules.json");
  EXPECT_EQ(
      (*load(contents, pool))->note(),
      "weights are F16, computed in fp32; the folder has no modules.json, so a text's vector is the mean "
      "of its tokens'");
}

TEST(SentenceEmbeddingTest, APoolingOfAnotherWidthIsRefused) {
  Contents contents = embedding_model("mean-normalized");
  contents["1_Pooling/config.json"] = R"({"word_embedding_dimension": 384})";
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  ASSERT_FALSE(pipeline.ok());
  EXPECT_EQ(pipeline.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(pipeline.error().message.find("384 numbers; those of the model have 24"), std::string::npos)
      << pipeline.error().message;
}

TEST(SentenceEmbeddingTest, MissingFilesAreNamedInTheirFolder) {
  Contents contents = embedding_model("subfolder-lowercase-prompt");
  contents.erase("0_Transformer/tokenizer.json");
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  ASSERT_FALSE(pipeline.ok());
  EXPECT_EQ(pipeline.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(pipeline.error().message.find("dir:m/0_Transformer lacks tokenizer.json"), std::string::npos)
      << pipeline.error().message;
}

// A length that leaves no room for [CLS] and [SEP] is told, not rounded up.
TEST(SentenceEmbeddingTest, ALengthOfOneIsRefused) {
  Contents contents = embedding_model("mean-normalized");
  contents["sentence_bert_config.json"] = R"({"max_seq_length": 1})";
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  ASSERT_TRUE(pipeline.ok());
  const auto embeddings = (*pipeline)->run(std::vector<std::string>{"cat"});
  ASSERT_FALSE(embeddings.ok());
  EXPECT_NE(embeddings.error().message.find("no room for 2 special tokens"), std::string::npos);
}

// A NaN in the last weights reaches the result through every kind of pooling, and is no vector.
TEST(SentenceEmbeddingTest, NanInTheWeightsIsRefusedNotPooled) {
  for (const char* pooling : {"mean", "max", "cls", "lasttoken", "weightedmean", "mean_sqrt_len_tokens"}) {
    Contents contents = embedding_model("mean-normalized");
    contents["1_Pooling/config.json"] = std::string(R"({"pooling_mode": ")") + pooling + "\"}";
    std::string& file = contents["model.safetensors"];
    const std::string name = "\"encoder.layer.1.output.LayerNorm.bias\"";
    const size_t entry = file.find(name);
    ASSERT_NE(entry, std::string::npos);
    uint64_t header_bytes = 0;
    std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
    const size_t begin = std::stoul(file.substr(file.find("\"data_offsets\":[", entry) + 16));
    const float nan = NAN;
    std::memcpy(file.data() + 8 + header_bytes + begin, &nan, sizeof nan);
    ThreadPool pool(1);
    const auto pipeline = load(contents, pool);
    ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
    const auto embeddings = (*pipeline)->run(std::vector<std::string>{"the cat"});
    ASSERT_FALSE(embeddings.ok()) << pooling;
    EXPECT_EQ(embeddings.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(embeddings.error().message.find("text 1: the model's result is not a number"),
              std::string::npos);
  }
}

}  // namespace
}  // namespace pannier

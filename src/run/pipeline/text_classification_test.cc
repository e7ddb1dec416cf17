// Tests of text-classification beyond the numbers: order, batches, truncation, damaged models.
#include "run/pipeline/text_classification.h"

#include <cmath>

#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

Result<std::unique_ptr<TextClassification>> load(const std::map<std::string, std::string>& contents,
                                                 ThreadPool& pool) {
  return TextClassification::load(*model_files_from_memory("dir:m", contents), pool);
}

// A golden model whose tensor of that name begins with the number.
std::map<std::string, std::string> with_number_in(const std::string& tensor, float number,
                                                  const std::string& model = "three-labels-f32") {
  auto contents = golden_model(model);
  std::string& file = contents["model.safetensors"];
  uint64_t header_bytes = 0;
  std::memcpy(&header_bytes, file.data(), sizeof header_bytes);
  const size_t entry = file.find("\"" + tensor + "\"");
  EXPECT_NE(entry, std::string::npos);
  const size_t begin = std::stoul(file.substr(file.find("\"data_offsets\":[", entry) + 16));
  std::memcpy(file.data() + 8 + header_bytes + begin, &number, sizeof number);
  return contents;
}

TEST(TextClassificationTest, NoTextsGiveNoResults) {
  ThreadPool pool(1);
  const auto pipeline = load(golden_model("three-labels-f32"), pool);
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  EXPECT_TRUE((*pipeline)->run({}, 1)->empty());
  EXPECT_TRUE((*pipeline)->logits({})->empty());
}

TEST(TextClassificationTest, ResultsComeInOrderAcrossChunksAndEqualEachTextAlone) {
  ThreadPool pool(3);
  const auto pipeline = load(golden_model("odd-sizes-f32"), pool);
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  std::vector<std::string> texts;
  for (int i = 0; i < 2500; ++i) {  // more than two chunks
    texts.push_back("good cat " + std::to_string(i) + std::string(static_cast<size_t>(i % 40), '!'));
  }
  const std::vector<float> all = *(*pipeline)->logits(texts);
  ASSERT_EQ(all.size(), texts.size() * 3);
  const auto results = (*pipeline)->run(texts, 1);
  for (const size_t i : {0u, 1u, 777u, 1023u, 1024u, 2048u, 2499u}) {
    const std::vector<float> alone = *(*pipeline)->logits(std::span<const std::string>(&texts[i], 1));
    EXPECT_EQ(std::memcmp(alone.data(), &all[i * 3], 3 * sizeof(float)), 0) << i;
    const auto one = (*pipeline)->run(std::span<const std::string>(&texts[i], 1), 1);
    EXPECT_EQ((*results)[i].scores[0].label, (*one)[0].scores[0].label);
    EXPECT_EQ((*results)[i].scores[0].score, (*one)[0].scores[0].score);
    EXPECT_EQ((*results)[i].token_count, (*one)[0].token_count);
  }
}

TEST(TextClassificationTest, TopKIsHowManyLabelsAndZeroIsAll) {
  ThreadPool pool(1);
  const auto pipeline = load(golden_model("multi-label-f32"), pool);
  ASSERT_TRUE(pipeline.ok());
  const std::vector<std::string> texts = {"the good cat"};
  EXPECT_EQ((*pipeline)->label_count(), 5u);
  EXPECT_EQ((*(*pipeline)->run(texts, 0))[0].scores.size(), 5u);
  EXPECT_EQ((*(*pipeline)->run(texts, 2))[0].scores.size(), 2u);
  EXPECT_EQ((*(*pipeline)->run(texts, 9))[0].scores.size(), 5u);
}

TEST(TextClassificationTest, ALongTextIsCutAndThatIsReported) {
  ThreadPool pool(1);
  const auto pipeline = load(golden_model("three-labels-f32"), pool);  // model_max_length 40, 48 positions
  ASSERT_TRUE(pipeline.ok());
  std::string text;
  for (int i = 0; i < 100; ++i) text += "cat ";
  const auto results = (*pipeline)->run(std::vector<std::string>{text, "cat"}, 1);
  ASSERT_TRUE(results.ok()) << results.error().message;
  EXPECT_EQ((*results)[0].token_count, 40u);
  EXPECT_EQ((*results)[0].dropped_token_count, 62u);
  EXPECT_EQ((*results)[1].dropped_token_count, 0u);
}

TEST(TextClassificationTest, PositionsBoundTheLengthWhereTheTokenizerDoesNot) {
  auto contents = golden_model("three-labels-f32");
  contents["tokenizer_config.json"] = with_replaced(
      contents["tokenizer_config.json"], "\"model_max_length\": 40", "\"model_max_length\": 100000");
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  ASSERT_TRUE(pipeline.ok());
  std::string text;
  for (int i = 0; i < 100; ++i) text += "cat ";
  const auto results = (*pipeline)->run(std::vector<std::string>{text}, 1);
  ASSERT_TRUE(results.ok()) << results.error().message;
  EXPECT_EQ((*results)[0].token_count, 48u);
  EXPECT_EQ((*results)[0].dropped_token_count, 54u);
}

TEST(TextClassificationTest, TheNoteTellsTheStoredType) {
  ThreadPool pool(1);
  EXPECT_EQ((*load(golden_model("three-labels-f32"), pool))->note(), "");
  EXPECT_EQ((*load(golden_model("three-labels-bf16"), pool))->note(), "weights are BF16, computed in fp32");
}

// Damaged weights must not become a plausible score.
TEST(TextClassificationTest, NanInAnyKindOfTensorIsRefusedNotScored) {
  for (const char* tensor :
       {"distilbert.embeddings.word_embeddings.weight",  // row 0: [PAD], in no text
        "distilbert.embeddings.position_embeddings.weight", "distilbert.embeddings.LayerNorm.weight",
        "distilbert.transformer.layer.0.attention.q_lin.weight",
        "distilbert.transformer.layer.0.attention.v_lin.bias",
        "distilbert.transformer.layer.1.ffn.lin1.weight",
        "distilbert.transformer.layer.1.output_layer_norm.bias", "pre_classifier.weight",
        "classifier.bias"}) {
    ThreadPool pool(2);
    const auto pipeline = load(with_number_in(tensor, NAN), pool);
    ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
    const std::string text =
        std::string(tensor).find("word_embeddings") != std::string::npos ? "[PAD]" : "the cat";
    const auto results = (*pipeline)->run(std::vector<std::string>{text}, 1);
    ASSERT_FALSE(results.ok()) << tensor;
    EXPECT_EQ(results.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(results.error().message.find("text 1: the model's result is not a number"), std::string::npos);
  }
}

TEST(TextClassificationTest, NanInAnyKindOfTensorOfBertIsRefusedNotScored) {
  for (const char* tensor :
       {"bert.embeddings.token_type_embeddings.weight", "bert.embeddings.position_embeddings.weight",
        "bert.encoder.layer.0.attention.self.key.weight", "bert.encoder.layer.0.attention.self.value.bias",
        "bert.encoder.layer.0.output.LayerNorm.weight", "bert.encoder.layer.1.intermediate.dense.bias",
        "bert.pooler.dense.weight", "bert.pooler.dense.bias", "classifier.weight"}) {
    ThreadPool pool(2);
    const auto pipeline = load(with_number_in(tensor, NAN, "bert-three-labels-f32"), pool);
    ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
    const auto results = (*pipeline)->run(std::vector<std::string>{"the cat"}, 1);
    ASSERT_FALSE(results.ok()) << tensor;
    EXPECT_EQ(results.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(results.error().message.find("text 1: the model's result is not a number"), std::string::npos);
  }
}

// A tokenizer that puts tokens into more types than the model has rows for: refused, never read beyond.
TEST(TextClassificationTest, ATokenTypeBeyondTheEmbeddingsIsRefused) {
  auto contents = golden_model("bert-no-prefix-relu-bf16");  // one type
  // The class that takes its template from tokenizer.json.
  contents["tokenizer_config.json"] =
      with_replaced(contents["tokenizer_config.json"], "BertTokenizer", "PreTrainedTokenizerFast");
  contents["tokenizer.json"] = with_replaced(contents["tokenizer.json"], "\"type_id\":0", "\"type_id\":1");
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  const auto results = (*pipeline)->run(std::vector<std::string>{"the cat"}, 1);
  ASSERT_FALSE(results.ok());
  EXPECT_EQ(results.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(results.error().message.find("of type 1"), std::string::npos) << results.error().message;
}

TEST(TextClassificationTest, InfinityInTheWeightsIsRefusedNotScored) {
  ThreadPool pool(1);
  const auto pipeline = load(with_number_in("classifier.weight", INFINITY), pool);
  ASSERT_TRUE(pipeline.ok());
  EXPECT_FALSE((*pipeline)->run(std::vector<std::string>{"the cat"}, 1).ok());
  EXPECT_FALSE((*pipeline)->logits(std::vector<std::string>{"the cat"}).ok());
}

// The tokenizer knows a word the embeddings have no row for: refused by name, never read beyond.
TEST(TextClassificationTest, ATokenBeyondTheEmbeddingsIsRefused) {
  auto contents = golden_model("three-labels-bf16");
  std::string& vocabulary = contents["vocab.txt"];
  vocabulary += "zebra\n";
  ThreadPool pool(1);
  const auto pipeline = load(contents, pool);
  ASSERT_TRUE(pipeline.ok()) << pipeline.error().message;
  EXPECT_TRUE((*pipeline)->run(std::vector<std::string>{"the cat"}, 1).ok());
  const auto results = (*pipeline)->run(std::vector<std::string>{"the cat", "a zebra"}, 1);
  ASSERT_FALSE(results.ok());
  EXPECT_EQ(results.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(results.error().message.find("text 2: the tokenizer gives token 93 ('zebra')"), std::string::npos)
      << results.error().message;
}

TEST(TextClassificationTest, AFolderThatLacksFilesIsToldAllOfThem) {
  ThreadPool pool(1);
  const auto pipeline = load({{"README.md", "x"}}, pool);
  ASSERT_FALSE(pipeline.ok());
  EXPECT_EQ(pipeline.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(pipeline.error().message.find("config.json, model.safetensors (or"), std::string::npos);
}

// A weight file cut anywhere is refused: nothing is read beyond its end.
TEST(TextClassificationTest, TruncatedWeightsAreRefused) {
  const auto whole = golden_model("odder-sizes-bf16");
  for (const size_t length :
       {size_t{0}, size_t{7}, size_t{8}, size_t{500}, whole.at("model.safetensors").size() - 1}) {
    auto contents = whole;
    contents["model.safetensors"].resize(length);
    ThreadPool pool(1);
    const auto pipeline = load(contents, pool);
    ASSERT_FALSE(pipeline.ok()) << length;
    EXPECT_EQ(pipeline.error().kind, ErrorKind::kCorrupt) << length;
  }
}

}  // namespace
}  // namespace pannier

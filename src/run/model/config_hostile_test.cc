// config.json files made to break what reads them. Each sample in tests/hostile/model is named after its
// attack, and so is its test. Each lies beside good weights, and is refused with a message that helps.
#include <algorithm>

#include "run/model/model_test_support.h"

namespace pannier {
namespace {

constexpr const char* kModel = "bert-three-labels-f32";

struct Attack {
  const char* name;
  ErrorKind kind;
  const char* reason;

  friend void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }
};

constexpr ErrorKind kCorrupt = ErrorKind::kCorrupt;
constexpr ErrorKind kLimit = ErrorKind::kLimit;
constexpr ErrorKind kUnsupported = ErrorKind::kUnsupported;
constexpr ErrorKind kIncomplete = ErrorKind::kIncomplete;

const Attack kAttacks[] = {
    // What is no JSON object.
    {"array_instead_of_object", kCorrupt, "not a JSON object"},
    {"cut_short", kCorrupt, "config.json"},
    {"depth_bomb", kLimit, "deep"},
    {"depth_bomb_closed", kLimit, "deep"},
    {"duplicate_keys", kCorrupt, "hidden_size"},
    {"empty", kCorrupt, "config.json"},
    {"not_utf8", kCorrupt, "UTF-8"},
    {"text_instead_of_object", kCorrupt, "not a JSON object"},
    // Python writes and reads these; JSON has no such number.
    {"number_1e999", kCorrupt, "config.json"},
    {"number_infinity", kCorrupt, "config.json"},
    {"number_nan", kCorrupt, "config.json"},
    // Sizes.
    {"epsilon_is_text", kCorrupt, "'layer_norm_eps'"},
    {"epsilon_negative", kCorrupt, "'layer_norm_eps'"},
    {"feed_forward_huge", kLimit, "'intermediate_size' is 1000000000000"},
    {"heads_do_not_divide", kCorrupt, "'num_attention_heads' is 5, which does not divide hidden_size 32"},
    {"heads_more_than_width", kCorrupt, "'num_attention_heads' is 64, which does not divide hidden_size 32"},
    {"heads_zero", kCorrupt, "'num_attention_heads'"},
    {"layers_a_billion", kLimit, "'num_hidden_layers' is 1000000000"},
    {"layers_more_than_stored", kIncomplete, "'bert.encoder.layer.1023.output.LayerNorm.bias'"},
    {"positions_a_billion", kLimit, "'max_position_embeddings'"},
    {"types_huge", kLimit, "'type_vocab_size'"},
    {"vocabulary_huge", kLimit, "'vocab_size'"},
    {"vocabulary_smaller_than_stored", kCorrupt, "is [93, 32] and should be [50, 32]"},
    {"width_beyond_64_bits", kCorrupt, "'hidden_size'"},
    {"width_huge", kLimit, "'hidden_size' is 4294967296"},
    {"width_is_a_fraction", kCorrupt, "'hidden_size'"},
    {"width_is_a_list", kCorrupt, "'hidden_size'"},
    {"width_is_text", kCorrupt, "'hidden_size'"},
    {"width_negative", kCorrupt, "'hidden_size'"},
    {"width_zero", kCorrupt, "'hidden_size'"},
    // What the model computes.
    {"activation_is_a_number", kCorrupt, "'hidden_act' is not text"},
    {"activation_unknown", kUnsupported, "'hidden_act' is '__import__"},
    {"decoder", kUnsupported, "'is_decoder' is true"},
    {"decoder_is_text", kCorrupt, "'is_decoder'"},
    {"positions_relative", kUnsupported, "'position_embedding_type' is 'relative_key_query'"},
    // Labels.
    {"label_count_a_billion", kLimit, "'num_labels' gives 1000000000 labels"},
    {"label_count_differs", kCorrupt, "'classifier.weight' is [3, 32] and should be [2, 32]"},
    {"label_count_negative", kCorrupt, "'num_labels'"},
    {"labels_are_a_list", kCorrupt, "'id2label' is not an object"},
    {"labels_are_numbers", kCorrupt, "id '0' has no text label"},
    {"labels_leave_a_gap", kCorrupt, "the id '1000000000' is not one of 0 to 2"},
    {"labels_none", kCorrupt, "no label at all"},
    {"labels_not_numbered", kCorrupt, "the id 'zero'"},
    {"labels_number_beyond_64_bits", kCorrupt, "the id '18446744073709551618'"},
    {"labels_number_twice", kCorrupt, "the id '00'"},
    {"labels_number_with_space", kCorrupt, "the id ' 1'"},
    {"problem_type_is_a_list", kCorrupt, "'problem_type' is not text"},
    // Which model it is.
    {"architectures_is_text", kCorrupt, "'architectures' is not an array"},
    {"architectures_of_numbers", kCorrupt, "'architectures' holds something that is no text"},
    {"model_type_is_a_number", kCorrupt, "'model_type' is not text"},
    {"model_type_unknown", kUnsupported, "of model_type '../../etc/passwd'"},
    {"says_nothing_of_the_model", kIncomplete, "neither 'model_type' nor 'architectures'"},
};

std::string folder() { return std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/model"; }

class ConfigHostile : public testing::TestWithParam<Attack> {};

INSTANTIATE_TEST_SUITE_P(Attacks, ConfigHostile, testing::ValuesIn(kAttacks),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(ConfigHostile, IsRefused) {
  const Attack& attack = GetParam();
  ModelContents contents = golden_model(kModel);
  const auto sample =
      read_small_file(real_file_system(), folder() + "/" + attack.name + ".json", limits::kMiB);
  ASSERT_TRUE(sample.ok()) << attack.name;
  contents["config.json"] = *sample;
  const auto model = load_classifier(contents);
  expect_refused(model, attack.kind, attack.reason);
  EXPECT_FALSE(model.error().hint.empty());
}

TEST(ConfigHostileTest, EverySampleHasItsTest) {
  const auto samples = real_file_system().list(folder());
  ASSERT_TRUE(samples.ok());
  for (const FolderEntry& entry : *samples) {
    EXPECT_TRUE(std::any_of(std::begin(kAttacks), std::end(kAttacks), [&](const Attack& attack) {
      return attack.name + std::string(".json") == entry.name;
    })) << entry.name;
  }
}

// The samples are the good config.json but for what they are named after: with it, the model loads.
TEST(ConfigHostileTest, TheWeightsBesideTheSamplesAreGood) {
  EXPECT_TRUE(load_classifier(golden_model(kModel)).ok());
}

// Ten million labels, as `num_labels` and as names: the names do not fit into a config.json that is read.
TEST(ConfigHostileTest, TenMillionLabels) {
  expect_refused(load_classifier(golden_model_with(kModel, "{", "{\"num_labels\": 10000000,")), kLimit,
                 "'num_labels' gives 10000000 labels; at most 1000000 are read");
  std::string names = "\"id2label\": {\"0\": \"\"";
  for (int i = 1; i < 10'000'000; ++i) names += ",\"" + std::to_string(i) + "\":\"\"";
  expect_refused(load_classifier(golden_model_with(kModel, "{", "{" + names + "}, \"other\": {}, \"x\":")),
                 kLimit, "config.json has");
}

// As many as are read: the head cannot be so large, and says so.
TEST(ConfigHostileTest, AMillionLabelsDoNotFitTheHead) {
  expect_refused(load_classifier(golden_model_with(kModel, "{", "{\"num_labels\": 1000000,")), kCorrupt,
                 "'classifier.weight' is [3, 32] and should be [1000000, 32]");
}

}  // namespace
}  // namespace pannier

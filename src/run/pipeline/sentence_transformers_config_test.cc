// Tests of the files of a sentence-transformers folder: every form they come in, and what is refused.
#include "run/pipeline/sentence_transformers_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

using Contents = std::map<std::string, std::string>;

constexpr const char* kModules =
    R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])";

Contents with_pooling(const std::string& pooling) {
  return {{"modules.json", kModules}, {"1_Pooling/config.json", pooling}};
}

Contents with_file(const std::string& name, const std::string& text) {
  Contents contents = with_pooling(R"({"word_embedding_dimension": 24})");
  contents[name] = text;
  return contents;
}

Result<SentenceTransformersConfig> read(const Contents& contents) {
  return read_sentence_transformers_config(*model_files_from_memory("dir:m", contents));
}

SentenceTransformersConfig good(const Contents& contents) {
  auto config = read(contents);
  EXPECT_TRUE(config.ok()) << config.error().to_string();
  return config.ok() ? *config : SentenceTransformersConfig();
}

// The error, as "kind: message".
std::string refused(const Contents& contents) {
  const auto config = read(contents);
  EXPECT_FALSE(config.ok());
  if (config.ok()) return "";
  return std::string(error_kind_name(config.error().kind)) + ": " + config.error().message;
}

void expect_refused(const Contents& contents, const std::string& kind, const std::string& part) {
  const std::string text = refused(contents);
  EXPECT_TRUE(text.starts_with(kind + ": ")) << text;
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

using Modes = std::vector<PoolingMode>;

TEST(SentenceTransformersConfigTest, TheLeastThereIs) {
  const SentenceTransformersConfig config = good(with_pooling("{}"));
  EXPECT_EQ(config.transformer_folder, "");
  EXPECT_EQ(config.length_max, std::nullopt);
  EXPECT_FALSE(config.lowercase);
  EXPECT_EQ(config.pooling, Modes{PoolingMode::kMean});
  EXPECT_EQ(config.token_dimension, std::nullopt);
  EXPECT_FALSE(config.normalize);
  EXPECT_EQ(config.prompt + config.note, "");
}

TEST(SentenceTransformersConfigTest, ModulesMayBeNamedInTheOldAndInTheNewWay) {
  const SentenceTransformersConfig config = good(
      {{"modules.json",
        R"([{"name": "a", "path": "0_BERT", "type": "sentence_transformers.base.modules.transformer.Transformer"},
            {"name": "b", "path": "1_P/", "type": "sentence_transformers.sentence_transformer.modules.Pooling"},
            {"name": "c", "path": "2_N", "type": "sentence_transformers.models.Normalize"}])"},
       {"1_P/config.json", R"({"embedding_dimension": 384, "pooling_mode": "cls"})"}});
  EXPECT_EQ(config.transformer_folder, "0_BERT");
  EXPECT_EQ(config.token_dimension, 384u);
  EXPECT_EQ(config.pooling, Modes{PoolingMode::kCls});
  EXPECT_TRUE(config.normalize);
}

TEST(SentenceTransformersConfigTest, PoolingModes) {
  // The booleans come in an order of their own, whatever the file's.
  EXPECT_EQ(good(with_pooling(R"({"pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": true,
                                  "pooling_mode_cls_token": true})"))
                .pooling,
            (Modes{PoolingMode::kCls, PoolingMode::kMax, PoolingMode::kMean}));
  EXPECT_EQ(good(with_pooling(R"({"pooling_mode_lasttoken": true, "pooling_mode_weightedmean_tokens": true,
                                  "pooling_mode_mean_sqrt_len_tokens": true, "pooling_mode_cls_token": null})"))
                .pooling,
            (Modes{PoolingMode::kMeanSqrtLength, PoolingMode::kWeightedMean, PoolingMode::kLastToken}));
  // A list keeps its order, and wins over booleans.
  EXPECT_EQ(
      good(with_pooling(R"({"pooling_mode": ["mean_sqrt_len_tokens", "max", "lasttoken", "weightedmean"],
                                  "pooling_mode_cls_token": true})"))
          .pooling,
      (Modes{PoolingMode::kMeanSqrtLength, PoolingMode::kMax, PoolingMode::kLastToken,
             PoolingMode::kWeightedMean}));
  EXPECT_EQ(good(with_pooling(R"({"pooling_mode_mean_tokens": false})")).pooling, Modes{PoolingMode::kMean});
  expect_refused(with_pooling(R"({"pooling_mode": "attention"})"), "unsupported", "'attention'");
  expect_refused(with_pooling(R"({"pooling_mode": []})"), "corrupt", "lists 0 modes");
  expect_refused(with_pooling(R"({"pooling_mode": [3]})"), "corrupt", "'pooling_mode' at byte 18 is a");
  expect_refused(with_pooling(R"({"pooling_mode": null})"), "corrupt", "'pooling_mode'");
  expect_refused(with_pooling(R"({"pooling_mode_cls_token": 1})"), "corrupt", "not true or false");
  expect_refused(with_pooling("[]"), "corrupt", "1_Pooling/config.json is an array, not an object");
  expect_refused({{"modules.json", kModules}}, "incomplete", "dir:m lacks 1_Pooling/config.json");
}

TEST(SentenceTransformersConfigTest, TheLongestTextAndTheLetterCase) {
  const SentenceTransformersConfig config =
      good(with_file("sentence_bert_config.json", R"({"max_seq_length": 256, "do_lower_case": true})"));
  EXPECT_EQ(config.length_max, 256u);
  EXPECT_TRUE(config.lowercase);
  EXPECT_EQ(good(with_file("sentence_bert_config.json", R"({"max_seq_length": null})")).length_max,
            std::nullopt);
  EXPECT_EQ(good(with_file("sentence_xlnet_config.json", R"({"max_seq_length": 75})")).length_max, 75u);
  // The first name of the list is the one that is read.
  Contents both = with_file("sentence_bert_config.json", R"({"max_seq_length": 8})");
  both["sentence_roberta_config.json"] = R"({"max_seq_length": 9})";
  EXPECT_EQ(good(both).length_max, 8u);
  for (const char* length : {"0", "-1", "1.5", "\"256\"", "99999999999999999999", "true"}) {
    expect_refused(
        with_file("sentence_bert_config.json", std::string(R"({"max_seq_length": )") + length + "}"),
        "corrupt", "'max_seq_length' at byte 19 is no whole number");
  }
}

TEST(SentenceTransformersConfigTest, SettingsThatWouldChangeTheNumbersAreRefused) {
  for (const char* settings :
       {R"({"transformer_task": "fill-mask"})", R"({"module_output_name": "sentence_embedding"})",
        R"({"modality_config": {"text": {"method": "forward", "method_output_name": "pooler_output"}}})",
        R"({"config_args": {"num_hidden_layers": 2}})", R"({"tokenizer_args": {"padding_side": "left"}})",
        R"({"processing_kwargs": {"text": {"max_length": 8}}})", R"({"tokenizer_name_or_path": "other"})"}) {
    expect_refused(with_file("sentence_bert_config.json", settings), "unsupported",
                   "sentence_bert_config.json: '");
  }
  const SentenceTransformersConfig config =
      good(with_file("sentence_bert_config.json",
                     R"({"transformer_task": "feature-extraction", "config_args": {},
                                       "module_output_name": "token_embeddings",
                                       "modality_config": {"text": {"method_output_name": "last_hidden_state"}},
                                       "model_args": {"add_pooling_layer": false}})"));
  EXPECT_EQ(config.length_max, std::nullopt);
}

TEST(SentenceTransformersConfigTest, TheDefaultPromptIsPutBeforeEveryText) {
  const char* file = "config_sentence_transformers.json";
  EXPECT_EQ(good(with_file(file, R"({"prompts": {"q": "query: "}, "default_prompt_name": "q"})")).prompt,
            "query: ");
  EXPECT_EQ(good(with_file(file, R"({"prompts": {"q": "query: "}, "default_prompt_name": null})")).prompt,
            "");
  EXPECT_EQ(good(with_file(file, R"({"prompts": {"q": null}, "default_prompt_name": "q"})")).prompt, "");
  expect_refused(with_file(file, R"({"prompts": {"p": "x"}, "default_prompt_name": "q"})"), "corrupt", "'q'");
  expect_refused(with_file(file, R"({"default_prompt_name": 3})"), "corrupt", "'default_prompt_name'");
  Contents excluded = with_pooling(R"({"include_prompt": false})");
  EXPECT_EQ(good(excluded).prompt, "");
  excluded[file] = R"({"prompts": {"q": "query: "}, "default_prompt_name": "q"})";
  expect_refused(excluded, "unsupported", "leaves prompts out");
}

TEST(SentenceTransformersConfigTest, AnotherSimilarityIsSaid) {
  const char* file = "config_sentence_transformers.json";
  EXPECT_NE(good(with_file(file, R"({"similarity_fn_name": "dot"})")).note.find("'dot'"), std::string::npos);
  EXPECT_EQ(good(with_file(file, R"({"similarity_fn_name": "cosine"})")).note, "");
}

TEST(SentenceTransformersConfigTest, OtherModulesAreRefusedByName) {
  const auto with_modules = [](const std::string& types) {
    Contents contents = with_pooling("{}");
    std::string list;
    size_t begin = 0;
    for (size_t i = 0; begin < types.size(); ++i) {
      const size_t end = std::min(types.find(' ', begin), types.size());
      const std::string type = types.substr(begin, end - begin);
      list += (list.empty() ? "" : ", ") + std::string(R"({"name": ")") + std::to_string(i) +
              R"(", "path": ")" + (i == 0 ? "" : std::to_string(i) + "_Pooling") + R"(", "type": ")" +
              (type.find('.') == std::string::npos ? "sentence_transformers.models." + type : type) + "\"}";
      begin = end + 1;
    }
    contents["modules.json"] = "[" + list + "]";
    return contents;
  };
  EXPECT_TRUE(good(with_modules("Transformer Pooling Normalize Normalize")).normalize);
  expect_refused(with_modules("Transformer Pooling Dense"), "unsupported",
                 "module 3 is of type 'sentence_transformers.models.Dense'");
  expect_refused(with_modules("Transformer my_code.Pooling"), "unsupported", "'my_code.Pooling'");
  expect_refused(with_modules("sentence_transformers.models.BERT"), "unsupported", "module 1");
  expect_refused(with_modules("Transformer"), "unsupported", "lists the modules Transformer");
  expect_refused(with_modules("Transformer Normalize"), "unsupported", "Transformer, Normalize");
  expect_refused(with_modules("Pooling Transformer"), "unsupported", "Pooling, Transformer");
  expect_refused(with_modules("Transformer Pooling Pooling"), "unsupported", "Transformer, Pooling, Pooling");
  expect_refused(with_modules(""), "unsupported", "no module");
}

TEST(SentenceTransformersConfigTest, AFolderThatIsNoneOfItsOwnIsPooledByMeanAndThatIsSaid) {
  EXPECT_FALSE(has_sentence_transformers_config(*model_files_from_memory("m", {{"config.json", "{}"}})));
  EXPECT_TRUE(has_sentence_transformers_config(*model_files_from_memory("m", {{"modules.json", ""}})));
  EXPECT_EQ(default_sentence_transformers_config().pooling, Modes{PoolingMode::kMean});
  EXPECT_NE(default_sentence_transformers_config().note.find("no modules.json"), std::string::npos);
}

// tests/hostile/sentence_transformers/: a folder each, with what its refusal must say.
struct Hostile {
  const char* folder;
  const char* kind;
  const char* part;
};

class HostileSentenceTransformersTest : public testing::TestWithParam<Hostile> {};

TEST_P(HostileSentenceTransformersTest, IsRefused) {
  const auto files = model_files_from_folder(std::string(PANNIER_SOURCE_DIR) +
                                             "/tests/hostile/sentence_transformers/" + GetParam().folder);
  ASSERT_TRUE(files.ok());
  const auto config = read_sentence_transformers_config(**files);
  ASSERT_FALSE(config.ok());
  EXPECT_STREQ(error_kind_name(config.error().kind), GetParam().kind) << config.error().message;
  EXPECT_NE(config.error().message.find(GetParam().part), std::string::npos) << config.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    , HostileSentenceTransformersTest,
    testing::Values(
        // The pooling is looked for outside the model, where the attacker hopes another file lies.
        Hostile{"path-leaves-the-folder", "corrupt", "module 2: path \"../../etc\" is refused"},
        Hostile{"path-is-absolute", "corrupt", "module 2: path \"/etc\" is refused"},
        // Code is named where a module is expected; nothing is imported here, so it is just a name.
        Hostile{"type-names-code", "unsupported", "'os.system'"},
        Hostile{"type-moves-the-cursor", "unsupported", "\\x1b"},
        // Modules that refer to themselves: the pooling is the transformer's folder.
        Hostile{"pooling-is-the-transformer", "corrupt", "have one path"},
        Hostile{"module-listed-twice", "corrupt", "two modules have the name '0'"},
        Hostile{"nested-too-deeply", "limit", "modules.json"},
        Hostile{"ten-thousand-modules", "limit", "10000 modules"},
        Hostile{"cut-short", "corrupt", "modules.json"},
        Hostile{"no-list", "corrupt", "modules.json is an object, not an array"},
        Hostile{"dimension-too-large", "corrupt", "'word_embedding_dimension'"},
        Hostile{"ten-thousand-poolings", "corrupt", "lists 10000 modes"}),
    [](const auto& test) {
      std::string name = test.param.folder;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

}  // namespace
}  // namespace pannier

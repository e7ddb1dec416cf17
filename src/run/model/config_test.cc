// Tests of config.json: labels as transformers 5.23 resolves them, bounds, and what is refused.
#include "run/model/config.h"

#include <gtest/gtest.h>

#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

Result<LabelConfig> labels_of(const std::string& json) {
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::parse(json));
  return read_labels(config);
}

std::vector<std::string> label_texts(const std::string& json) {
  const Result<LabelConfig> labels = labels_of(json);
  EXPECT_TRUE(labels.ok()) << labels.error().message;
  return labels.ok() ? labels->labels : std::vector<std::string>();
}

using Texts = std::vector<std::string>;

// Each of these was run through DistilBertConfig.from_dict of transformers 5.23.0.
TEST(LabelConfigTest, ResolvesAsTransformersDoes) {
  EXPECT_EQ(label_texts("{}"), (Texts{"LABEL_0", "LABEL_1"}));
  EXPECT_EQ(label_texts(R"({"num_labels":3})"), (Texts{"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(label_texts(R"({"id2label":null,"num_labels":1})"), (Texts{"LABEL_0"}));
  EXPECT_EQ(label_texts(R"({"id2label":{"1":"B","0":"A"}})"), (Texts{"A", "B"}));
  EXPECT_EQ(label_texts(R"({"id2label":{"0":"A","1":"B"},"num_labels":2})"), (Texts{"A", "B"}));
}

TEST(LabelConfigTest, NumLabelsThatDisagreesReplacesTheNames) {
  EXPECT_EQ(label_texts(R"({"id2label":{"0":"A","1":"B"},"num_labels":3})"),
            (Texts{"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(label_texts(R"({"id2label":{"5":"A","7":"B"},"num_labels":3})"),
            (Texts{"LABEL_0", "LABEL_1", "LABEL_2"}));
  EXPECT_EQ(label_texts(R"({"id2label":{"0":"A","1":"B"},"num_labels":1,)"
                        R"("problem_type":"single_label_classification"})"),
            (Texts{"LABEL_0"}));
}

TEST(LabelConfigTest, ProblemTypesAreThoseOfTransformers) {
  EXPECT_EQ(labels_of("{}")->problem_type, ProblemType::kNone);
  EXPECT_EQ(labels_of(R"({"problem_type":null})")->problem_type, ProblemType::kNone);
  EXPECT_EQ(labels_of(R"({"problem_type":"regression"})")->problem_type, ProblemType::kRegression);
  EXPECT_EQ(labels_of(R"({"problem_type":"multi_label_classification"})")->problem_type,
            ProblemType::kMultiLabel);
  EXPECT_EQ(labels_of(R"({"problem_type":"single_label_classification"})")->problem_type,
            ProblemType::kSingleLabel);
  EXPECT_EQ(labels_of(R"({"problem_type":"ranking"})")->problem_type, ProblemType::kNone);
}

struct Bad {
  const char* json;
  ErrorKind kind;
  const char* reason;
};

TEST(LabelConfigTest, RefusesLabelsThatCannotBeIndexed) {
  const Bad cases[] = {
      {R"({"id2label":{"0":"A","2":"B"}})", ErrorKind::kCorrupt, "the id '2' is not one of 0 to 1"},
      {R"({"id2label":{"0":"A","00":"B"}})", ErrorKind::kCorrupt, "the id '00'"},
      {R"({"id2label":{"-1":"A"}})", ErrorKind::kCorrupt, "the id '-1'"},
      {R"({"id2label":{"0":1}})", ErrorKind::kCorrupt, "id '0' has no text label"},
      {R"({"id2label":[]})", ErrorKind::kCorrupt, "is not an object"},
      {R"({"id2label":{}})", ErrorKind::kCorrupt, "no label at all"},
      {R"({"num_labels":0})", ErrorKind::kCorrupt, "no label at all"},
      {R"({"num_labels":null})", ErrorKind::kCorrupt, "is not a whole number"},
      {R"({"num_labels":-2})", ErrorKind::kCorrupt, "is not a whole number"},
      {R"({"num_labels":4000000000})", ErrorKind::kLimit, "at most"},
      {R"({"problem_type":7})", ErrorKind::kCorrupt, "is not text"},
      {R"({"num_labels":1,"problem_type":"single_label_classification"})", ErrorKind::kCorrupt,
       "at least two"},
  };
  for (const Bad& bad : cases) {
    const auto labels = labels_of(bad.json);
    ASSERT_FALSE(labels.ok()) << bad.json;
    EXPECT_EQ(labels.error().kind, bad.kind) << bad.json;
    EXPECT_NE(labels.error().message.find(bad.reason), std::string::npos) << labels.error().message;
    EXPECT_EQ(labels.error().message.rfind("config.json", 0), 0u) << labels.error().message;
  }
}

TEST(ModelConfigTest, ReadsWhatTheModelIs) {
  const auto config = ModelConfig::parse(R"({"model_type":"distilbert","architectures":["A","B"]})");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->model_type(), "distilbert");
  EXPECT_EQ(config->architectures(), (Texts{"A", "B"}));
  const auto empty = ModelConfig::parse(R"({"model_type":null,"architectures":null})");
  ASSERT_TRUE(empty.ok());
  EXPECT_EQ(empty->model_type(), "");
  EXPECT_TRUE(empty->architectures().empty());
}

TEST(ModelConfigTest, RefusesWhatIsNoConfiguration) {
  for (const char* json :
       {"", "[]", "{", R"({"model_type":1})", R"({"architectures":"A"})", R"({"architectures":[1]})"}) {
    const auto config = ModelConfig::parse(json);
    ASSERT_FALSE(config.ok()) << json;
    EXPECT_EQ(config.error().kind, ErrorKind::kCorrupt) << json;
  }
}

TEST(ModelConfigTest, AMissingFileIsIncomplete) {
  const auto config = ModelConfig::load(*model_files_from_memory("dir:m", {}));
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().kind, ErrorKind::kIncomplete);
}

TEST(ModelConfigTest, AConfigLargerThanTheLimitIsRefused) {
  const auto config = ModelConfig::parse("{}" + std::string(limits::kConfigBytesMax, ' '));
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().kind, ErrorKind::kLimit);
}

TEST(ConfigReaderTest, TakesDefaultsAndRefusesWhatIsNoDimension) {
  const auto config = ModelConfig::parse(
      R"({"fine":7,"zero":0,"negative":-1,"text":"768","fraction":12.0,"null":null,"huge":70000,"flag":true,"word":"w"})");
  ASSERT_TRUE(config.ok());
  const ConfigReader reader(*config);
  EXPECT_EQ(*reader.dimension("absent", 5, 10), 5u);
  EXPECT_EQ(*reader.dimension("fine", 5, 10), 7u);
  for (const char* key : {"zero", "negative", "text", "fraction", "null"}) {
    const auto value = reader.dimension(key, 5, 10);
    ASSERT_FALSE(value.ok()) << key;
    EXPECT_EQ(value.error().kind, ErrorKind::kCorrupt) << key;
    EXPECT_NE(value.error().message.find(std::string("'") + key + "'"), std::string::npos);
  }
  EXPECT_EQ(reader.dimension("huge", 5, 65536).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(*reader.word("word", ""), "w");
  EXPECT_EQ(*reader.word("absent", "gelu"), "gelu");
  EXPECT_FALSE(reader.word("null", "gelu").ok());
}

}  // namespace
}  // namespace pannier

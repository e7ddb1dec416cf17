// Tests of the table of families: what is asked for, and what a refusal says.
#include "run/model/families.h"

#include <gtest/gtest.h>

#include "base/fs.h"

namespace pannier {
namespace {

using FamilyResult = Result<const ModelFamily*>;

FamilyResult classifier_of(const std::string& json) {
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::parse(json));
  return find_classifier_family(config);
}

FamilyResult encoder_of(const std::string& json) {
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::parse(json));
  return find_encoder_family(config);
}

TEST(FamiliesTest, ArchitectureAndModelTypeEachNameTheFamily) {
  for (const char* json :
       {R"({"architectures":["DistilBertForSequenceClassification"],"model_type":"distilbert"})",
        R"({"architectures":["Other","DistilBertForSequenceClassification"]})",
        R"({"model_type":"distilbert"})", R"({"model_type":"distilbert","architectures":[]})"}) {
    const auto family = classifier_of(json);
    ASSERT_TRUE(family.ok()) << json << family.error().message;
    EXPECT_EQ((*family)->model_type, "distilbert");
  }
  for (const char* json :
       {R"({"architectures":["BertForSequenceClassification"]})", R"({"model_type":"bert"})",
        R"({"model_type":"bert","architectures":["BertModel"]})"}) {
    const auto family = classifier_of(json);
    ASSERT_TRUE(family.ok()) << json << family.error().message;
    EXPECT_EQ((*family)->model_type, "bert");
  }
}

TEST(FamiliesTest, AnEncoderIsFoundUnderAnyHead) {
  for (const char* json :
       {R"({"architectures":["BertForMaskedLM"],"model_type":"bert"})", R"({"architectures":["BertModel"]})",
        R"({"architectures":["BertForPreTraining"]})", R"({"architectures":["BertLMHeadModel"]})",
        R"({"model_type":"bert"})", R"({"model_type":"bert","architectures":["SomebodysOwn"]})"}) {
    const auto family = encoder_of(json);
    ASSERT_TRUE(family.ok()) << json << family.error().message;
    EXPECT_EQ((*family)->model_type, "bert");
  }
  EXPECT_EQ((*encoder_of(R"({"architectures":["DistilBertForMaskedLM"]})"))->model_type, "distilbert");
}

// BertweetModel, BertJapaneseModel and the like begin with "Bert" and are no BERT.
TEST(FamiliesTest, AClassThatOnlyBeginsLikeAFamilyIsNotOfIt) {
  EXPECT_FALSE(encoder_of(R"({"architectures":["BertGenerationEncoder"]})").ok());
  EXPECT_FALSE(encoder_of(R"({"architectures":["BertweetModel"]})").ok());
}

TEST(FamiliesTest, AnythingElseIsToldWhatIsSupported) {
  struct Case {
    const char* json;
    const char* named;
    const char* supported;
  };
  for (const Case& c :
       {Case{R"({"architectures":["RobertaForSequenceClassification"],"model_type":"roberta"})",
             "'RobertaForSequenceClassification' of model_type 'roberta'", "bert, distilbert"},
        Case{R"({"architectures":["DistilBertForMaskedLM"],"model_type":"distilbert"})",
             "'DistilBertForMaskedLM' of model_type 'distilbert'",
             "BertForSequenceClassification, DistilBertForSequenceClassification"},
        // Its head has the same tensor names, and means something else.
        Case{R"({"architectures":["BertForTokenClassification"],"model_type":"bert"})",
             "'BertForTokenClassification' of model_type 'bert'", "BertForSequenceClassification"},
        Case{R"({"architectures":["DistilBertForSequenceClassification"],"model_type":"bert"})",
             "of model_type 'bert'", "BertForSequenceClassification"},
        Case{R"({"model_type":"gpt2"})", "architecture none of model_type 'gpt2'", "bert"}}) {
    const auto family = classifier_of(c.json);
    ASSERT_FALSE(family.ok()) << c.json;
    EXPECT_EQ(family.error().kind, ErrorKind::kUnsupported) << c.json;
    EXPECT_NE(family.error().message.find(c.named), std::string::npos) << family.error().message;
    EXPECT_NE(family.error().message.find(c.supported), std::string::npos) << family.error().message;
  }
}

TEST(FamiliesTest, AConfigThatSaysNothingIsToldWhatIsMissing) {
  for (const FamilyResult& family : {classifier_of("{}"), encoder_of(R"({"architectures":[]})")}) {
    ASSERT_FALSE(family.ok());
    EXPECT_EQ(family.error().kind, ErrorKind::kIncomplete);
    EXPECT_NE(family.error().message.find("neither 'model_type' nor 'architectures'"), std::string::npos);
    EXPECT_NE(family.error().hint.find("bert, distilbert"), std::string::npos);
  }
}

}  // namespace
}  // namespace pannier

// Tests of the table of families: what is asked for, and what a refusal says.
#include <gtest/gtest.h>

#include "base/fs.h"
#include "run/model/sequence_classifier.h"

namespace pannier {
namespace {

Result<const ClassifierFamily*> family_of(const std::string& json) {
  PANNIER_ASSIGN(const ModelConfig config, ModelConfig::parse(json));
  return find_classifier_family(config);
}

TEST(FamiliesTest, ArchitectureAndModelTypeEachNameTheFamily) {
  for (const char* json :
       {R"({"architectures":["DistilBertForSequenceClassification"],"model_type":"distilbert"})",
        R"({"architectures":["Other","DistilBertForSequenceClassification"]})",
        R"({"model_type":"distilbert"})", R"({"model_type":"distilbert","architectures":[]})"}) {
    const auto family = family_of(json);
    ASSERT_TRUE(family.ok()) << json << family.error().message;
    EXPECT_EQ((*family)->model_type, "distilbert");
  }
}

TEST(FamiliesTest, AnythingElseIsToldWhatIsSupported) {
  struct Case {
    const char* json;
    const char* named;
  };
  for (const Case& c :
       {Case{R"({"architectures":["BertForSequenceClassification"],"model_type":"bert"})",
             "'BertForSequenceClassification' of model_type 'bert'"},
        Case{R"({"architectures":["DistilBertForMaskedLM"],"model_type":"distilbert"})",
             "'DistilBertForMaskedLM' of model_type 'distilbert'"},
        Case{R"({"architectures":["DistilBertForSequenceClassification"],"model_type":"bert"})",
             "of model_type 'bert'"},
        Case{R"({"model_type":"gpt2"})", "architecture none of model_type 'gpt2'"},
        Case{"{}", "neither 'architectures' nor 'model_type'"}}) {
    const auto family = family_of(c.json);
    ASSERT_FALSE(family.ok()) << c.json;
    EXPECT_EQ(family.error().kind, ErrorKind::kUnsupported) << c.json;
    EXPECT_NE(family.error().message.find(c.named), std::string::npos) << family.error().message;
    EXPECT_NE(family.error().message.find("DistilBertForSequenceClassification"), std::string::npos);
  }
}

}  // namespace
}  // namespace pannier

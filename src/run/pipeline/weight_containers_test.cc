// A model gives the same bits whichever container its weights come in.
#include <cstring>

#include "run/pipeline/text_classification.h"
#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

using Contents = std::map<std::string, std::string>;

const std::vector<std::string> kTexts = {"the good cat", "", "bad bad BAD dog !", "xyzzy 12345"};

std::vector<float> logits_of(const Contents& contents) {
  ThreadPool pool(1);
  const auto pipeline = TextClassification::load(*model_files_from_memory("dir:m", contents), pool);
  EXPECT_TRUE(pipeline.ok()) << pipeline.error().to_string();
  if (!pipeline.ok()) return {};
  auto logits = (*pipeline)->logits(kTexts);
  EXPECT_TRUE(logits.ok());
  return logits.ok() ? *logits : std::vector<float>{};
}

std::string pytorch_weights(const std::string& model) {
  return *read_small_file(real_file_system(),
                          std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/models/" + model + ".bin",
                          limits::kMiB);
}

TEST(WeightContainersTest, PytorchGivesTheBitsOfSafetensors) {
  for (const char* model : {"three-labels-f32", "one-label-sigmoid-f16", "three-labels-bf16"}) {
    Contents contents = golden_model(model);
    const std::vector<float> expected = logits_of(contents);
    ASSERT_FALSE(expected.empty());
    contents.erase("model.safetensors");
    contents["pytorch_model.bin"] = pytorch_weights(model);
    const std::vector<float> found = logits_of(contents);
    ASSERT_EQ(found.size(), expected.size()) << model;
    EXPECT_EQ(std::memcmp(found.data(), expected.data(), expected.size() * sizeof(float)), 0) << model;
  }
}

TEST(WeightContainersTest, APickleThatLacksATensorIsIncomplete) {
  Contents contents = golden_model("three-labels-f32");
  contents.erase("model.safetensors");
  contents["pytorch_model.bin"] = *read_small_file(
      real_file_system(), std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/block_zip.bin",
      limits::kMiB);
  ThreadPool pool(1);
  const auto pipeline = TextClassification::load(*model_files_from_memory("dir:m", contents), pool);
  ASSERT_FALSE(pipeline.ok());
  EXPECT_EQ(pipeline.error().kind, ErrorKind::kIncomplete);
  EXPECT_EQ(pipeline.error().message.find("pytorch_model.bin has no classification head"), 0u)
      << pipeline.error().message;
}

}  // namespace
}  // namespace pannier

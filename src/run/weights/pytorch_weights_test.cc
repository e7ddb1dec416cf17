// Tests of pytorch_model.bin as weights, on the files that torch made.
#include "run/weights/pytorch_weights.h"

#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

std::string golden(const std::string& name) {
  return *read_small_file(real_file_system(),
                          std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/" + name, limits::kMiB);
}

std::unique_ptr<ModelFiles> files_of(const std::string& contents) {
  return model_files_from_memory("dir:model", {{"pytorch_model.bin", contents}});
}

TEST(PytorchWeightsTest, TensorsAreViewsOfTheFile) {
  for (const char* name : {"block_zip.bin", "block_legacy.bin"}) {
    const auto files = files_of(golden(name));
    const auto weights = open_pytorch(*files, "pytorch_model.bin");
    ASSERT_TRUE(weights.ok()) << weights.error().message;
    const StoredTensor* embedding = (*weights)->find("embedding.weight");
    ASSERT_NE(embedding, nullptr);
    EXPECT_TRUE(embedding->usable);
    EXPECT_EQ(embedding->view.dtype, DType::kF32);
    EXPECT_EQ(embedding->view.shape, (Shape{7, 4}));
    EXPECT_EQ(embedding->view.bytes.size(), 7u * 4 * 4);
    // Tied in the model, and one run of bytes in the file.
    EXPECT_EQ((*weights)->find("decoder.weight")->view.bytes.data(), embedding->view.bytes.data());
    EXPECT_EQ((*weights)->find("absent"), nullptr);
    EXPECT_EQ((*weights)->file_of("embedding.weight"), "pytorch_model.bin");
    EXPECT_EQ((*weights)->names(),
              (std::vector<std::string_view>{"decoder.bias", "decoder.weight", "embedding.weight",
                                             "norm.bias", "norm.weight", "position_ids"}));
  }
}

TEST(PytorchWeightsTest, HalfPrecisionKeepsItsType) {
  const std::map<std::string, DType> types = {{"half_zip.bin", DType::kF16},
                                              {"half_legacy.bin", DType::kF16},
                                              {"bfloat16_zip.bin", DType::kBF16},
                                              {"bfloat16_legacy.bin", DType::kBF16}};
  for (const auto& [name, type] : types) {
    const auto files = files_of(golden(name));
    const auto weights = open_pytorch(*files, "pytorch_model.bin");
    ASSERT_TRUE(weights.ok()) << weights.error().message;
    EXPECT_EQ((*weights)->find("norm.weight")->view.dtype, type) << name;
    EXPECT_EQ((*weights)->find("norm.weight")->view.bytes.size(), 8u) << name;
  }
}

TEST(PytorchWeightsTest, ATypeWithoutArithmeticIsRefusedOnlyWhenAskedFor) {
  const auto files = files_of(golden("block_zip.bin"));
  const auto weights = open_pytorch(*files, "pytorch_model.bin");
  ASSERT_TRUE(weights.ok());
  TensorPicker picker(**weights);
  picker.take("norm.weight", {4});
  EXPECT_TRUE(picker.status().ok());
  picker.take("position_ids", {1, 5});
  ASSERT_FALSE(picker.status().ok());
  EXPECT_NE(picker.status().error().message.find("'position_ids' is I64"), std::string::npos);
}

TEST(PytorchWeightsTest, AStridedViewIsRefusedByItsNameWhenAskedFor) {
  const auto files = files_of(golden("odd_views_zip.bin"));
  const auto weights = open_pytorch(*files, "pytorch_model.bin");
  ASSERT_TRUE(weights.ok());
  TensorPicker picker(**weights);
  EXPECT_EQ(picker.take("rows", {2, 6}).bytes.size(), 48u);
  EXPECT_EQ(picker.take("one_column", {1, 3}).bytes.size(), 12u);
  EXPECT_TRUE(picker.status().ok());
  EXPECT_TRUE(picker.take("transposed", {6, 4}).bytes.empty());
  const Status status = picker.status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(status.error().message,
            "pytorch_model.bin: tensors stored as transposed or strided views of others: 'transposed'");
  EXPECT_NE(status.error().hint.find("save_pretrained()"), std::string::npos) << status.error().hint;
}

TEST(PytorchWeightsTest, ADamagedFileIsRefusedByItsName) {
  const auto files = files_of("no pickle");
  const auto weights = open_pytorch(*files, "pytorch_model.bin");
  ASSERT_FALSE(weights.ok());
  EXPECT_EQ(weights.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(weights.error().message.find("pytorch_model.bin at byte 0"), 0u);
}

TEST(PytorchWeightsTest, BothContainersHoldTheSameNumbers) {
  const auto zip_files = files_of(golden("block_zip.bin"));
  const auto legacy_files = files_of(golden("block_legacy.bin"));
  const auto zip = open_pytorch(*zip_files, "pytorch_model.bin");
  const auto legacy = open_pytorch(*legacy_files, "pytorch_model.bin");
  ASSERT_TRUE(zip.ok() && legacy.ok());
  ASSERT_EQ((*zip)->names(), (*legacy)->names());
  for (const std::string_view name : (*zip)->names()) {
    EXPECT_EQ(as_text((*zip)->find(name)->view.bytes), as_text((*legacy)->find(name)->view.bytes)) << name;
  }
}

}  // namespace
}  // namespace pannier

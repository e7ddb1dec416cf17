// Tests of finding weights and of taking tensors out of them.
#include "run/weights/weights.h"

#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

std::unique_ptr<ModelFiles> files_of(std::map<std::string, std::string> contents) {
  return model_files_from_memory("dir:model", std::move(contents));
}

TEST(WeightsTest, ASingleSafetensorsFileIsOpened) {
  const auto files = files_of(
      {{"model.safetensors", safetensors_file({{"a", "F16", {2, 1}, std::string("\0\x3c\0\x40", 4)}})}});
  ASSERT_TRUE(has_readable_weights(*files));
  const auto weights = open_weights(*files);
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  const StoredTensor* tensor = (*weights)->find("a");
  ASSERT_NE(tensor, nullptr);
  EXPECT_TRUE(tensor->usable);
  EXPECT_EQ(tensor->view.dtype, DType::kF16);
  EXPECT_EQ(tensor->view.shape, (Shape{2, 1}));
  EXPECT_EQ(half_to_float(read_le<uint16_t>(tensor->view.bytes.subspan(2))), 2.0f);
  EXPECT_EQ((*weights)->find("b"), nullptr);
  EXPECT_EQ((*weights)->file_of("a"), "model.safetensors");
}

TEST(WeightsTest, NoWeightsAtAllIsIncomplete) {
  const auto opened =
      open_weights(*files_of({{"config.json", "{}"}, {"training_args.bin", "x"}, {"optimizer.pt", "x"}}));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::kIncomplete);
  for (const char* container : {"model.safetensors", "pytorch_model.bin", ".index.json"}) {
    EXPECT_NE(opened.error().message.find(container), std::string::npos) << opened.error().message;
  }
}

TEST(WeightsTest, OtherContainersAreRecognisedByNameWithARemedy) {
  const std::map<std::string, std::string> containers = {
      {"adapter_model.bin", "PyTorch pickle"},
      {"tf_model.h5", "Keras HDF5"},
      {"onnx/model.onnx", "ONNX"},
      {"model-q4.gguf", "GGUF"},
      {"flax_model.msgpack", "Flax"},
      {"model.tflite", "TensorFlow Lite"},
      {"weights.pt", "PyTorch pickle"},
      {"model-00001-of-00002.safetensors", "shards without their index"},
  };
  for (const auto& [file, name] : containers) {
    const auto opened = open_weights(*files_of({{file, "x"}}));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().kind, ErrorKind::kUnsupported) << file;
    EXPECT_NE(opened.error().message.find(file), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().message.find(name), std::string::npos) << opened.error().message;
    EXPECT_NE(opened.error().hint.find("model.safetensors"), std::string::npos) << opened.error().hint;
  }
}

TEST(WeightsTest, SeveralOtherContainersEachGetTheirRemedy) {
  const auto opened = open_weights(*files_of({{"tf_model.h5", "x"},
                                              {"onnx/model.onnx", "x"},
                                              {"onnx/model_q8.onnx", "x"},
                                              {"a.pt", "x"},
                                              {"b.pth", "x"}}));
  ASSERT_FALSE(opened.ok());
  EXPECT_NE(opened.error().message.find("PyTorch pickle (a.pt, b.pth), ONNX (onnx/model.onnx, "
                                        "onnx/model_q8.onnx), TensorFlow (Keras HDF5) (tf_model.h5)"),
            std::string::npos)
      << opened.error().message;
  const std::string& hint = opened.error().hint;
  EXPECT_EQ(hint.find("PyTorch pickle: load the model"), 0u) << hint;
  EXPECT_NE(hint.find("; ONNX: fetch model.safetensors of the model it was exported from; TensorFlow"),
            std::string::npos)
      << hint;
}

// Each container, in the order in which transformers looks for them; what stands behind is never opened.
TEST(WeightsTest, TheContainerThatTransformersPrefersIsOpened) {
  const std::vector<std::string> order = {"model.safetensors", "model.safetensors.index.json",
                                          "pytorch_model.bin", "pytorch_model.bin.index.json"};
  for (size_t first = 0; first < order.size(); ++first) {
    std::map<std::string, std::string> contents;
    for (size_t i = first; i < order.size(); ++i) contents[order[i]] = "x";
    const auto files = files_of(contents);
    ASSERT_TRUE(has_readable_weights(*files));
    EXPECT_TRUE(unreadable_weight_files(*files).empty());
    const auto opened = open_weights(*files);
    ASSERT_FALSE(opened.ok());
    const std::string& message = opened.error().message;
    EXPECT_EQ(message.substr(0, message.find_first_of(": ")), order[first]) << message;
  }
}

TEST(WeightsTest, ADamagedFileIsRefusedByItsName) {
  const auto opened = open_weights(*files_of({{"model.safetensors", "\x05"}}));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(opened.error().message.find("model.safetensors at byte 0"), std::string::npos);
}

class TensorPickerTest : public testing::Test {
 protected:
  std::unique_ptr<ModelFiles> files_ =
      files_of({{"model.safetensors", safetensors_file({{"f", "F32", {1}, "1234"},
                                                        {"h", "BF16", {2}, "1234"},
                                                        {"i", "I64", {1}, "12345678"},
                                                        {"g", "F32", {1}, "1234"}})}});
  std::unique_ptr<Weights> weights_ = *open_weights(*files_);
  TensorPicker picker_{*weights_};
};

TEST_F(TensorPickerTest, GivesTensorsAndTheirTypesOnceEach) {
  EXPECT_EQ(picker_.take("h", {2}).bytes.size(), 4u);
  EXPECT_EQ(picker_.take("f", {1}).bytes.size(), 4u);
  EXPECT_EQ(picker_.take("g", {1}).bytes.size(), 4u);
  EXPECT_TRUE(picker_.status().ok());
  EXPECT_EQ(picker_.dtypes(), (std::vector<DType>{DType::kBF16, DType::kF32}));
}

TEST_F(TensorPickerTest, NamesEveryMissingTensorInOneMessage) {
  EXPECT_TRUE(picker_.take("first", {3, 4}).bytes.empty());
  picker_.take("f", {1});
  picker_.take("second", {5});
  const Status status = picker_.status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(status.error().message.find("lacks 2 tensor(s) the model needs: 'first' [3, 4], 'second' [5]"),
            std::string::npos)
      << status.error().message;
}

TEST_F(TensorPickerTest, NamesEveryWrongShape) {
  EXPECT_TRUE(picker_.take("h", {1, 2}).bytes.empty());
  picker_.take("f", {2});
  const Status status = picker_.status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  EXPECT_NE(status.error().message.find("'h' is [2] and should be [1, 2], 'f' is [1] and should be [2]"),
            std::string::npos)
      << status.error().message;
}

TEST_F(TensorPickerTest, RefusesTypesItCannotComputeWithOnlyWhenAsked) {
  EXPECT_TRUE(picker_.status().ok());  // "i" is there and nobody wants it
  EXPECT_TRUE(picker_.take("i", {1}).bytes.empty());
  const Status status = picker_.status();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(status.error().message.find("'i' is I64"), std::string::npos) << status.error().message;
}

}  // namespace
}  // namespace pannier

#include "carry/connected/closure/weight_formats.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(WeightFormats, NamesOfOneModelShareAStem) {
  for (const char* path : {"model.safetensors", "model.safetensors.index.json",
                           "model-00001-of-00002.safetensors", "pytorch_model.bin",
                           "pytorch_model.bin.index.json", "pytorch_model-00002-of-00002.bin", "model.pt"}) {
    const WeightFile file = classify_weight_file(path);
    EXPECT_EQ(file.stem, "model") << path;
    EXPECT_EQ(file.variant, "") << path;
    EXPECT_EQ(file.folder, "") << path;
    EXPECT_TRUE(file.is_whole_model());
  }
  const WeightFile shard = classify_weight_file("text_encoder/model-00003-of-00012.safetensors");
  EXPECT_EQ(shard.folder, "text_encoder");
  EXPECT_EQ(shard.shard, 3U);
  EXPECT_EQ(shard.shards, 12U);
  EXPECT_TRUE(classify_weight_file("a/pytorch_model.bin.index.json").is_index);
}

TEST(WeightFormats, Variants) {
  const WeightFile half = classify_weight_file("unet/diffusion_pytorch_model.fp16.safetensors");
  EXPECT_EQ(half.stem, "diffusion_pytorch_model");
  EXPECT_EQ(half.variant, "fp16");
  EXPECT_EQ(classify_weight_file("model.fp16-00001-of-00002.safetensors").variant, "fp16");
  const WeightFile index = classify_weight_file("model.safetensors.index.fp16.json");
  EXPECT_EQ(index.variant, "fp16");
  EXPECT_TRUE(index.is_index);
  // A dot in an unknown name is part of it.
  EXPECT_EQ(classify_weight_file("yolo.v8.safetensors").stem, "yolo.v8");
}

TEST(WeightFormats, NotShards) {
  for (const char* path : {"model-00003-of-00002.safetensors", "model-0-of-2.safetensors",
                           "-of-2.safetensors", "model-1-of-.safetensors", "model-x-of-2.safetensors",
                           "1-of-2.safetensors", "model-1-of-99999999999.safetensors"}) {
    EXPECT_EQ(classify_weight_file(path).shard, 0U) << path;
  }
}

TEST(WeightFormats, EveryFormatIsKnownByName) {
  struct Row {
    const char* path;
    WeightFormat format;
  };
  constexpr Row kRows[] = {
      {"tf_model.h5", WeightFormat::kTensorFlow},
      {"tf_model-00001-of-00002.h5", WeightFormat::kTensorFlow},
      {"saved_model/1/variables/variables.index", WeightFormat::kTensorFlow},
      {"model.ckpt.data-00000-of-00001", WeightFormat::kTensorFlow},
      {"flax_model.msgpack", WeightFormat::kFlax},
      {"onnx/config.json", WeightFormat::kOnnx},
      {"vae/model.onnx_data", WeightFormat::kOnnx},
      {"openvino/openvino_model.bin", WeightFormat::kOpenVino},
      {"openvino_model.xml", WeightFormat::kOpenVino},
      {"coreml/fill-mask/x.mlpackage/Data/weight.bin", WeightFormat::kCoreMl},
      {"64.tflite", WeightFormat::kTfLite},
      {"q/model-q4.gguf", WeightFormat::kGguf},
      {"rust_model.ot", WeightFormat::kRust},
      {"original/consolidated.00.pth", WeightFormat::kOriginal},
      {"consolidated.safetensors", WeightFormat::kOriginal},
      {"original/tokenizer.model", WeightFormat::kNone},
      {"optimizer.pt", WeightFormat::kTraining},
      {"checkpoint-500/model.safetensors", WeightFormat::kTraining},
      {"runs/Jan1/events.out.tfevents.1.host", WeightFormat::kTraining},
      {"checkpoint-loader/model.safetensors", WeightFormat::kSafetensors},
      {"scheduler/scheduler_config.json", WeightFormat::kNone},
      {"config.json", WeightFormat::kNone},
      {"tokenizer.model", WeightFormat::kNone},
      {"vocab.txt", WeightFormat::kNone},
      {"README.md", WeightFormat::kNone},
      {"model.index.json", WeightFormat::kNone},
  };
  for (const Row& row : kRows) EXPECT_EQ(classify_weight_file(row.path).format, row.format) << row.path;
}

}  // namespace
}  // namespace pannier

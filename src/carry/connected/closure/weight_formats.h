// What kind of weights a path of a model repository names, judged by its name alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pannier {

enum class WeightFormat {
  kNone,  // no weights: a small file, or something unknown, which is always taken
  kSafetensors,
  kPytorch,  // .bin, .pt, .pth, .ckpt
  kTensorFlow,
  kFlax,
  kOnnx,
  kOpenVino,
  kCoreMl,
  kTfLite,
  kGguf,
  kRust,
  kOriginal,  // the author's own layout of weights that were converted: original/, consolidated.*
  kTraining,  // what a training run leaves behind so that it can be taken up again
};

// "TensorFlow weights", …: for reasons.
std::string_view weight_format_name(WeightFormat format);

// A file of weights, or the index of a sharded set of them.
struct WeightFile {
  WeightFormat format = WeightFormat::kNone;
  std::string folder;  // "" or "unet"
  // The rest is for kSafetensors and kPytorch. The stem is "model" for model.safetensors,
  // model-00001-of-00002.safetensors, model.safetensors.index.json and pytorch_model.bin alike: in one
  // folder, equal stems and variants are the same weights.
  std::string stem;
  std::string variant;  // "fp16" of model.fp16.safetensors
  uint32_t shard = 0;   // counted from 1; 0: not sharded
  uint32_t shards = 0;
  bool is_index = false;

  // Named as libraries look for it ("model", "diffusion_pytorch_model"), adapters apart.
  bool is_whole_model() const { return stem == "model" || stem == "diffusion_pytorch_model"; }
};

WeightFile classify_weight_file(std::string_view path);

}  // namespace pannier

#include "carry/connected/closure/weight_formats.h"

#include <algorithm>
#include <charconv>

#include "carry/connected/closure/file_globs.h"

namespace pannier {
namespace {

struct NameRow {
  WeightFormat format;
  std::string_view glob;  // of "/" and the path
};

// The first that matches counts.
constexpr NameRow kNames[] = {
    {WeightFormat::kTraining, "/checkpoint-[0-9]*/*"},
    {WeightFormat::kTraining, "/global_step[0-9]*/*"},
    {WeightFormat::kTraining, "*/optimizer.pt"},
    {WeightFormat::kTraining, "*/optimizer.pth"},
    {WeightFormat::kTraining, "*/optimizer.bin"},
    {WeightFormat::kTraining, "*/scheduler.pt"},
    {WeightFormat::kTraining, "*/scheduler.bin"},
    {WeightFormat::kTraining, "*/scaler.pt"},
    {WeightFormat::kTraining, "*/training_args.bin"},
    {WeightFormat::kTraining, "*/rng_state*.pth"},
    {WeightFormat::kTraining, "*/random_states_*.pkl"},
    {WeightFormat::kTraining, "*/*events.out.tfevents.*"},
    {WeightFormat::kOnnx, "*/onnx/*"},
    {WeightFormat::kOnnx, "*.onnx"},
    {WeightFormat::kOnnx, "*.onnx_data*"},
    {WeightFormat::kOnnx, "*.onnx.data*"},
    {WeightFormat::kOnnx, "*.ort"},
    {WeightFormat::kOpenVino, "*/openvino/*"},
    {WeightFormat::kOpenVino, "*/openvino_*.xml"},
    {WeightFormat::kOpenVino, "*/openvino_*.bin"},
    {WeightFormat::kCoreMl, "*/coreml/*"},
    {WeightFormat::kCoreMl, "*.mlpackage/*"},
    {WeightFormat::kCoreMl, "*.mlmodelc/*"},
    {WeightFormat::kCoreMl, "*.mlmodel"},
    {WeightFormat::kTensorFlow, "*/saved_model/*"},
    {WeightFormat::kTensorFlow, "*/tf_model*.h5"},
    {WeightFormat::kTensorFlow, "*/tf_model*.h5.index.json"},
    {WeightFormat::kTensorFlow, "*/saved_model.pb"},
    {WeightFormat::kTensorFlow, "*/keras_metadata.pb"},
    {WeightFormat::kTensorFlow, "*/variables/variables.*"},
    {WeightFormat::kTensorFlow, "*.ckpt.index"},
    {WeightFormat::kTensorFlow, "*.ckpt.meta"},
    {WeightFormat::kTensorFlow, "*.ckpt.data-*"},
    {WeightFormat::kFlax, "*/flax_model*.msgpack*"},
    {WeightFormat::kFlax, "*/diffusion_flax_model*.msgpack*"},
    {WeightFormat::kTfLite, "*.tflite"},
    {WeightFormat::kGguf, "*.gguf"},
    {WeightFormat::kRust, "*/rust_model.ot"},
    {WeightFormat::kOriginal, "*/original/*.pth"},
    {WeightFormat::kOriginal, "*/original/*.pt"},
    {WeightFormat::kOriginal, "*/original/*.bin"},
    {WeightFormat::kOriginal, "*/original/*.safetensors*"},
    {WeightFormat::kOriginal, "*/consolidated*.pth"},
    {WeightFormat::kOriginal, "*/consolidated*.safetensors*"},
};

constexpr std::string_view kPytorchSuffixes[] = {".bin", ".pt", ".pth", ".ckpt"};
// Stems under which libraries look for weights; what follows a dot behind them is a variant.
constexpr std::string_view kKnownStems[] = {"model", "pytorch_model", "diffusion_pytorch_model",
                                            "adapter_model"};
constexpr std::string_view kKnownVariants[] = {"fp16", "bf16", "fp32", "fp8", "int8", "non_ema", "ema"};

bool take_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

template <size_t kCount>
bool is_one_of(std::string_view text, const std::string_view (&words)[kCount]) {
  return std::find(std::begin(words), std::end(words), text) != std::end(words);
}

// "x.safetensors.index.json" and "x.safetensors.index.fp16.json" -> "x.safetensors", and the variant.
void take_index(std::string_view& name, WeightFile& file) {
  constexpr std::string_view kIndex = ".index.";
  const size_t place = name.rfind(kIndex);
  if (place == std::string_view::npos || !name.ends_with(".json")) return;
  const std::string_view between = name.substr(place + kIndex.size());
  if (between != "json") file.variant = between.substr(0, between.size() - 5);
  file.is_index = true;
  name = name.substr(0, place);
}

// "model-00001-of-00002" -> "model", 1, 2.
void take_shard(std::string_view& stem, WeightFile& file) {
  const size_t of = stem.rfind("-of-");
  if (of == std::string_view::npos) return;
  const size_t dash = stem.rfind('-', of - 1);
  if (of == 0 || dash == std::string_view::npos) return;
  const auto number = [](std::string_view digits, uint32_t& value) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc() && end == digits.data() + digits.size() && value != 0;
  };
  uint32_t shard = 0;
  uint32_t shards = 0;
  if (!number(stem.substr(dash + 1, of - dash - 1), shard) || !number(stem.substr(of + 4), shards)) return;
  if (shard > shards) return;
  file.shard = shard;
  file.shards = shards;
  stem = stem.substr(0, dash);
}

void take_variant(std::string_view& stem, WeightFile& file) {
  const size_t dot = stem.rfind('.');
  if (dot == std::string_view::npos) return;
  const std::string_view base = stem.substr(0, dot);
  const std::string_view variant = stem.substr(dot + 1);
  if (!is_one_of(base, kKnownStems) && !is_one_of(variant, kKnownVariants)) return;
  file.variant = variant;
  stem = base;
}

}  // namespace

std::string_view weight_format_name(WeightFormat format) {
  switch (format) {
    case WeightFormat::kNone:
      return "no weights";
    case WeightFormat::kSafetensors:
      return "safetensors weights";
    case WeightFormat::kPytorch:
      return "PyTorch weights";
    case WeightFormat::kTensorFlow:
      return "TensorFlow weights";
    case WeightFormat::kFlax:
      return "Flax weights";
    case WeightFormat::kOnnx:
      return "ONNX weights";
    case WeightFormat::kOpenVino:
      return "OpenVINO weights";
    case WeightFormat::kCoreMl:
      return "Core ML weights";
    case WeightFormat::kTfLite:
      return "TensorFlow Lite weights";
    case WeightFormat::kGguf:
      return "GGUF weights";
    case WeightFormat::kRust:
      return "rust-bert weights";
    case WeightFormat::kOriginal:
      return "weights in their original layout";
    case WeightFormat::kTraining:
      return "left over from training";
  }
  return "";
}

WeightFile classify_weight_file(std::string_view path) {
  WeightFile file;
  const size_t slash = path.rfind('/');
  std::string_view name = path;
  if (slash != std::string_view::npos) {
    file.folder = path.substr(0, slash);
    name = path.substr(slash + 1);
  }
  const std::string rooted = "/" + std::string(path);
  for (const NameRow& row : kNames) {
    if (!glob_matches(row.glob, rooted)) continue;
    file.format = row.format;
    return file;
  }
  take_index(name, file);
  if (take_suffix(name, ".safetensors")) {
    file.format = WeightFormat::kSafetensors;
  } else {
    for (const std::string_view suffix : kPytorchSuffixes) {
      if (file.format == WeightFormat::kNone && take_suffix(name, suffix))
        file.format = WeightFormat::kPytorch;
    }
  }
  if (file.format == WeightFormat::kNone) {
    WeightFile none;
    none.folder = file.folder;
    return none;
  }
  if (!file.is_index) take_shard(name, file);
  take_variant(name, file);
  file.stem = name == "pytorch_model" ? "model" : name;
  return file;
}

}  // namespace pannier

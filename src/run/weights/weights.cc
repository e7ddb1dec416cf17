// Finding and opening a model's weights: see weights.h.
#include "run/weights/weights.h"

#include <algorithm>
#include <array>

#include "run/weights/safetensors_weights.h"

namespace pannier {
namespace {

// A weight container we know by name but cannot read, and how to turn it into one we can.
struct UnreadableContainer {
  std::string_view suffix;  // of the file's path
  std::string_view name;
  std::string_view remedy;
};

constexpr std::string_view kSaveAgain =
    "load the model with transformers where Python is at hand, and save_pretrained() it: that writes "
    "model.safetensors";
constexpr std::array<UnreadableContainer, 9> kUnreadable = {{
    {"model.safetensors.index.json", "sharded safetensors",
     "save_pretrained() it with transformers and a max_shard_size above its size: that writes one "
     "model.safetensors"},
    {".bin", "PyTorch pickle", kSaveAgain},
    {".pt", "PyTorch pickle", kSaveAgain},
    {".pth", "PyTorch pickle", kSaveAgain},
    {".h5", "TensorFlow (Keras HDF5)",
     "fetch the same model's model.safetensors, or convert it where TensorFlow is"},
    {".msgpack", "Flax", "fetch the same model's model.safetensors, or convert it where Flax is"},
    {".onnx", "ONNX", "fetch model.safetensors of the model it was exported from"},
    {".gguf", "GGUF", "fetch model.safetensors of the model it was quantised from"},
    {".tflite", "TensorFlow Lite", "fetch model.safetensors of the model it was exported from"},
}};

const UnreadableContainer* unreadable_container(const std::string& path) {
  // Other things a training run leaves behind in files called *.bin and *.pt.
  for (const std::string_view state : {"training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.pt",
                                       "scheduler.bin", "rng_state.pth", "scaler.pt"}) {
    if (path.ends_with(state)) return nullptr;
  }
  for (const UnreadableContainer& container : kUnreadable) {
    if (path.ends_with(container.suffix)) return &container;
  }
  return nullptr;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

bool has_readable_weights(const ModelFiles& files) { return files.has(std::string(kWeightFileName)); }

std::vector<std::string> unreadable_weight_files(const ModelFiles& files) {
  std::vector<std::string> found;
  for (const std::string& name : files.names()) {
    if (unreadable_container(name) != nullptr) found.push_back(name);
  }
  return found;
}

Result<std::unique_ptr<Weights>> open_weights(const ModelFiles& files) {
  if (has_readable_weights(files)) return open_safetensors(files, std::string(kWeightFileName));
  const std::vector<std::string> others = unreadable_weight_files(files);
  if (others.empty()) {
    return Error{ErrorKind::kIncomplete,
                 files.label() + " has no weights (" + std::string(kWeightFileName) + ")",
                 "fetch " + std::string(kWeightFileName) + " from where the model came from"};
  }
  const UnreadableContainer* container = unreadable_container(others.front());
  return Error{ErrorKind::kUnsupported,
               files.label() + " has its weights as " + std::string(container->name) + " (" + joined(others) +
                   "), which this version recognises but does not read; it reads " +
                   std::string(kWeightFileName),
               std::string(container->remedy)};
}

TensorView TensorPicker::take(const std::string& name, const Shape& shape) {
  if (file_.empty()) file_ = weights_->file_of(name);
  const StoredTensor* stored = weights_->find(name);
  if (stored == nullptr) {
    missing_.push_back("'" + name + "' " + shape.text());
    return {};
  }
  if (stored->view.shape != shape) {
    misshapen_.push_back("'" + name + "' is " + stored->view.shape.text() + " and should be " + shape.text());
    return {};
  }
  if (!stored->usable) {
    unusable_.push_back("'" + name + "' is " + stored->stored_type);
    return {};
  }
  if (std::find(dtypes_.begin(), dtypes_.end(), stored->view.dtype) == dtypes_.end()) {
    dtypes_.push_back(stored->view.dtype);
  }
  return stored->view;
}

Status TensorPicker::status() const {
  if (!missing_.empty()) {
    return Error{
        ErrorKind::kIncomplete,
        file_ + " lacks " + std::to_string(missing_.size()) +
            " tensor(s) the model needs: " + joined(missing_),
        "the weights belong to another model or task than config.json says; fetch both from one place"};
  }
  if (!misshapen_.empty()) {
    return Error{ErrorKind::kCorrupt, file_ + ": tensors do not fit config.json: " + joined(misshapen_),
                 "the weights and config.json are of different models; fetch both from one place"};
  }
  if (!unusable_.empty()) {
    return Error{ErrorKind::kUnsupported,
                 file_ + ": tensors of a type that is not computed with: " + joined(unusable_) +
                     "; supported are F32, F16 and BF16",
                 "fetch the model in one of these types"};
  }
  return {};
}

}  // namespace pannier

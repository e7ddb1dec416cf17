// Finding and opening a model's weights: see weights.h.
#include "run/weights/weights.h"

#include <algorithm>
#include <array>
#include <map>

#include "run/weights/pytorch_weights.h"
#include "run/weights/safetensors_weights.h"
#include "run/weights/sharded_weights.h"
#include "run/weights/tensor_names.h"

namespace pannier {
namespace {

struct ReadableContainer {
  std::string_view file;
  Result<std::unique_ptr<Weights>> (*open)(const ModelFiles& files, const std::string& name);
};

// The first that is there is taken, as transformers does.
constexpr std::array<ReadableContainer, 4> kReadable = {{
    {"model.safetensors", open_safetensors},
    {"model.safetensors.index.json", open_sharded},
    {"pytorch_model.bin", open_pytorch},
    {"pytorch_model.bin.index.json", open_sharded},
}};

const ReadableContainer* readable_container(const ModelFiles& files) {
  for (const ReadableContainer& container : kReadable) {
    if (files.has(std::string(container.file))) return &container;
  }
  return nullptr;
}

// A weight container we know by name but cannot read, and how to turn it into one we can.
struct UnreadableContainer {
  std::string_view suffix;  // of the file's path
  std::string_view name;
  std::string_view remedy;
};

constexpr std::string_view kSaveAgain =
    "load the model with transformers where Python is at hand, and save_pretrained() it: that writes "
    "model.safetensors";
constexpr std::array<UnreadableContainer, 8> kUnreadable = {{
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

constexpr UnreadableContainer kShard = {
    "", "shards without their index",
    "fetch model.safetensors.index.json (or pytorch_model.bin.index.json) from where the shards came from"};

const UnreadableContainer* unreadable_container(const std::string& path) {
  // Other things a training run leaves behind in files called *.bin and *.pt.
  for (const std::string_view state : {"training_args.bin", "optimizer.bin", "optimizer.pt", "scheduler.pt",
                                       "scheduler.bin", "rng_state.pth", "scaler.pt"}) {
    if (path.ends_with(state)) return nullptr;
  }
  for (const ReadableContainer& container : kReadable) {
    if (path == container.file) return nullptr;
  }
  if (path.find("-of-") != std::string::npos && (path.ends_with(".safetensors") || path.ends_with(".bin"))) {
    return &kShard;
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

bool has_readable_weights(const ModelFiles& files) { return readable_container(files) != nullptr; }

std::vector<std::string> unreadable_weight_files(const ModelFiles& files) {
  std::vector<std::string> found;
  for (const std::string& name : files.names()) {
    if (unreadable_container(name) != nullptr) found.push_back(name);
  }
  return found;
}

UnreadableWeights describe_unreadable_weights(const ModelFiles& files) {
  std::map<const UnreadableContainer*, std::vector<std::string>> files_of;
  std::vector<const UnreadableContainer*> order;
  for (const std::string& name : unreadable_weight_files(files)) {
    const UnreadableContainer* container = unreadable_container(name);
    // The endings of one container, as .bin and .pt, share its name.
    for (const UnreadableContainer* known : order) {
      if (known->name == container->name) container = known;
    }
    if (files_of[container].empty()) order.push_back(container);
    files_of[container].push_back(name);
  }
  UnreadableWeights described;
  for (const UnreadableContainer* container : order) {
    const char* const comma = described.containers.empty() ? "" : ", ";
    described.containers += comma + std::string(container->name) + " (" + joined(files_of[container]) + ")";
    const std::string subject = order.size() == 1 ? "" : std::string(container->name) + ": ";
    described.remedies += (described.remedies.empty() ? "" : "; ") + subject + std::string(container->remedy);
  }
  return described;
}

Result<std::unique_ptr<Weights>> open_weights(const ModelFiles& files) {
  if (const ReadableContainer* readable = readable_container(files)) {
    return readable->open(files, std::string(readable->file));
  }
  const UnreadableWeights others = describe_unreadable_weights(files);
  if (others.containers.empty()) {
    return Error{ErrorKind::kIncomplete,
                 files.label() + " has no weights: no " + std::string(kWeightFileNames),
                 "fetch model.safetensors from where the model came from"};
  }
  return Error{ErrorKind::kUnsupported,
               files.label() + " has its weights as " + others.containers +
                   ", which this version recognises but does not read; it reads " +
                   std::string(kWeightFileNames),
               others.remedies};
}

bool TensorPicker::has(const std::string& name) const {
  const std::vector<std::string> names = names_of_tensor(name, base_);
  return std::any_of(names.begin(), names.end(),
                     [this](const std::string& stored) { return weights_->find(stored) != nullptr; });
}

TensorView TensorPicker::take(const std::string& asked, const Shape& shape) {
  if (file_.empty()) file_ = weights_->file_of(asked);
  const StoredTensor* stored = nullptr;
  std::string name = asked;
  for (const std::string& candidate : names_of_tensor(asked, base_)) {
    const StoredTensor* const found = weights_->find(candidate);
    if (found == nullptr) continue;
    // Which of the two the model was trained with, nobody can tell.
    if (stored != nullptr) doubled_.push_back("'" + name + "' and '" + candidate + "'");
    if (stored == nullptr) name = candidate;
    stored = stored == nullptr ? found : stored;
  }
  if (stored == nullptr) {
    missing_.push_back("'" + asked + "' " + shape.text());
    return {};
  }
  if (stored->view.shape != shape) {
    misshapen_.push_back("'" + name + "' is " + stored->view.shape.text() + " and should be " + shape.text());
    return {};
  }
  if (stored->strided) {
    strided_.push_back("'" + name + "'");
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
  if (!doubled_.empty()) {
    return Error{ErrorKind::kCorrupt, file_ + " has the same tensor under two names: " + joined(doubled_),
                 "fetch the model again from where it came from"};
  }
  if (!misshapen_.empty()) {
    return Error{ErrorKind::kCorrupt, file_ + ": tensors do not fit config.json: " + joined(misshapen_),
                 "the weights and config.json are of different models; fetch both from one place"};
  }
  if (!strided_.empty()) {
    return Error{ErrorKind::kUnsupported,
                 file_ + ": tensors stored as transposed or strided views of others: " + joined(strided_),
                 std::string(kSaveAgain) + " with every tensor in one piece"};
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

// A mapped safetensors file as Weights: see safetensors_weights.h.
#include "run/weights/safetensors_weights.h"

#include <map>
#include <utility>

#include "format/safetensors.h"

namespace pannier {
namespace {

StoredTensor stored_tensor(const SafetensorsTensor& tensor, ByteSpan file) {
  StoredTensor stored;
  stored.stored_type = safetensors_dtype_name(tensor.dtype);
  stored.view.bytes = file.subspan(tensor.begin, tensor.end - tensor.begin);
  for (const uint64_t dimension : tensor.shape) stored.view.shape.append(dimension);
  switch (tensor.dtype) {
    case SafetensorsDtype::kF32:
      stored.view.dtype = DType::kF32;
      break;
    case SafetensorsDtype::kF16:
      stored.view.dtype = DType::kF16;
      break;
    case SafetensorsDtype::kBF16:
      stored.view.dtype = DType::kBF16;
      break;
    default:
      stored.usable = false;
      break;
  }
  return stored;
}

class SafetensorsWeights : public Weights {
 public:
  SafetensorsWeights(std::string file, std::unique_ptr<FileView> view, const SafetensorsHeader& header)
      : file_(std::move(file)), view_(std::move(view)) {
    for (const SafetensorsTensor& tensor : header.tensors) {
      tensors_.emplace(tensor.name, stored_tensor(tensor, view_->bytes()));
    }
  }

  const StoredTensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string_view> names() const override {
    std::vector<std::string_view> names;
    names.reserve(tensors_.size());
    for (const auto& [name, tensor] : tensors_) names.push_back(name);
    return names;
  }
  const std::string& file_of(std::string_view) const override { return file_; }

 private:
  std::string file_;
  std::unique_ptr<FileView> view_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace

Result<std::unique_ptr<Weights>> open_safetensors(const ModelFiles& files, const std::string& name) {
  PANNIER_ASSIGN(std::unique_ptr<FileView> view, files.open(name));
  PANNIER_ASSIGN(const SafetensorsHeader header, parse_safetensors(view->bytes(), name));
  return std::unique_ptr<Weights>(std::make_unique<SafetensorsWeights>(name, std::move(view), header));
}

}  // namespace pannier

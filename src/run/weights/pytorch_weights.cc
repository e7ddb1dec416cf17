// A mapped pytorch_model.bin as Weights: see pytorch_weights.h.
#include "run/weights/pytorch_weights.h"

#include <map>
#include <utility>

#include "format/pytorch_file.h"

namespace pannier {
namespace {

StoredTensor stored_tensor(const PytorchTensor& tensor, ByteSpan file) {
  StoredTensor stored;
  stored.stored_type = torch_dtype_name(tensor.dtype);
  for (const uint64_t dimension : tensor.shape) stored.view.shape.append(dimension);
  switch (tensor.dtype) {
    case TorchDtype::kF32:
      stored.view.dtype = DType::kF32;
      break;
    case TorchDtype::kF16:
      stored.view.dtype = DType::kF16;
      break;
    case TorchDtype::kBF16:
      stored.view.dtype = DType::kBF16;
      break;
    default:
      stored.usable = false;
      break;
  }
  if (tensor.contiguous) {
    stored.view.bytes = file.subspan(tensor.begin, tensor.end - tensor.begin);
  } else {
    // Its rows are scattered over the storage of another tensor; a view cannot put them together.
    stored.usable = false;
    stored.stored_type += " in a transposed or strided view";
  }
  return stored;
}

class PytorchWeights : public Weights {
 public:
  PytorchWeights(std::string file, std::unique_ptr<FileView> view, const std::vector<PytorchTensor>& tensors)
      : file_(std::move(file)), view_(std::move(view)) {
    for (const PytorchTensor& tensor : tensors) {
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

Result<std::unique_ptr<Weights>> open_pytorch(const ModelFiles& files, const std::string& name) {
  PANNIER_ASSIGN(std::unique_ptr<FileView> view, files.open(name));
  PANNIER_ASSIGN(const std::vector<PytorchTensor> tensors, parse_pytorch(view->bytes(), name));
  return std::unique_ptr<Weights>(std::make_unique<PytorchWeights>(name, std::move(view), tensors));
}

}  // namespace pannier

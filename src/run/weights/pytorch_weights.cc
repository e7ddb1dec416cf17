// A mapped pytorch_model.bin as Weights: see pytorch_weights.h.
#include "run/weights/pytorch_weights.h"

#include <utility>

#include "format/pytorch_file.h"
#include "run/weights/mapped_weights.h"

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
    stored.usable = false;
    stored.strided = true;
  }
  return stored;
}

}  // namespace

Result<std::unique_ptr<Weights>> open_pytorch(const ModelFiles& files, const std::string& name) {
  PANNIER_ASSIGN(std::unique_ptr<FileView> view, files.open(name));
  PANNIER_ASSIGN(const std::vector<PytorchTensor> tensors, parse_pytorch(view->bytes(), name));
  MappedWeights::Tensors stored;
  for (const PytorchTensor& tensor : tensors)
    stored.emplace(tensor.name, stored_tensor(tensor, view->bytes()));
  return std::unique_ptr<Weights>(std::make_unique<MappedWeights>(name, std::move(view), std::move(stored)));
}

}  // namespace pannier

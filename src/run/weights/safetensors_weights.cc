// A mapped safetensors file as Weights: see safetensors_weights.h.
#include "run/weights/safetensors_weights.h"

#include <utility>

#include "format/safetensors.h"
#include "run/weights/mapped_weights.h"

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

}  // namespace

Result<std::unique_ptr<Weights>> open_safetensors(const ModelFiles& files, const std::string& name) {
  PANNIER_ASSIGN(std::unique_ptr<FileView> view, files.open(name));
  PANNIER_ASSIGN(const SafetensorsHeader header, parse_safetensors(view->bytes(), name));
  MappedWeights::Tensors stored;
  for (const SafetensorsTensor& tensor : header.tensors)
    stored.emplace(tensor.name, stored_tensor(tensor, view->bytes()));
  return std::unique_ptr<Weights>(std::make_unique<MappedWeights>(name, std::move(view), std::move(stored)));
}

}  // namespace pannier

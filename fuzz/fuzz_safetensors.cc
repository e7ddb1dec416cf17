// Any bytes as a safetensors file; what is accepted must keep the promises its readers build on.
#include <cstdlib>

#include "base/limits.h"
#include "format/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto header = pannier::parse_safetensors({data, size}, "fuzz");
  if (!header.ok()) return 0;
  uint64_t expected = header->data_begin;
  for (const pannier::SafetensorsTensor& tensor : header->tensors) {
    if (tensor.begin != expected || tensor.end < tensor.begin) std::abort();
    uint64_t elements = 1;
    for (const uint64_t dimension : tensor.shape) elements *= dimension;
    if (tensor.shape.size() > pannier::limits::kTensorRankMax) std::abort();
    if (elements * pannier::safetensors_dtype_bits(tensor.dtype) != 8 * (tensor.end - tensor.begin))
      std::abort();
    expected = tensor.end;
  }
  if (expected != size) std::abort();
  return 0;
}

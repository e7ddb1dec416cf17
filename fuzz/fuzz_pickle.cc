// Any bytes as a pickle: every value that comes out is one its neighbours may point to, and every tensor
// lies in its storage.
#include <cstdlib>

#include "base/limits.h"
#include "format/pickle.h"
#include "format/pickle_tensors.h"

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const pannier::ByteSpan bytes(data, size);
  const auto pickle = pannier::read_pickle(bytes, 0, "fuzz");
  if (!pickle.ok()) return 0;
  check(pickle->bytes <= size && pickle->root < pickle->values.size());
  // An opcode makes at most one value: what a file makes us hold grows with the file alone.
  check(pickle->values.size() <= size);
  for (const auto& items : pickle->items) {
    for (const uint32_t item : items) check(item < pickle->values.size());
  }
  for (const pannier::PickleValue& value : pickle->values) {
    check(value.offset < size);
    if (value.type == pannier::PickleType::kDict) check(pickle->items_of(value).size() % 2 == 0);
  }
  for (const pannier::PickledTensor& tensor : pickle->tensors) {
    check(tensor.storage < pickle->storages.size());
    check(tensor.shape.size() <= pannier::limits::kTensorRankMax);
    const uint64_t stored = pickle->storages[tensor.storage].elements;
    if (tensor.contiguous) check(tensor.first <= stored && tensor.elements <= stored - tensor.first);
  }
  const std::vector<uint64_t> begins(pickle->storages.size(), 0);
  const auto tensors = pannier::tensors_of(*pickle, begins, "fuzz");
  if (tensors.ok()) check(tensors->size() <= pickle->values.size());
  return 0;
}

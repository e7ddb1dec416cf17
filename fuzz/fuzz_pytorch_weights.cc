// Any bytes as pytorch_model.bin: no tensor leaves the file, and each can be read.
#include <cstdlib>

#include "base/model_files.h"
#include "run/weights/pytorch_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const pannier::ByteSpan file(data, size);
  const auto files =
      pannier::model_files_from_memory("fuzz", {{"pytorch_model.bin", std::string(pannier::as_text(file))}});
  const auto weights = pannier::open_pytorch(*files, "pytorch_model.bin");
  if (!weights.ok()) return 0;
  uint8_t sum = 0;
  for (const std::string_view name : (*weights)->names()) {
    const pannier::StoredTensor* tensor = (*weights)->find(name);
    if (tensor == nullptr) std::abort();
    for (const uint8_t byte : tensor->view.bytes) sum = static_cast<uint8_t>(sum + byte);
    const uint64_t bytes = tensor->view.shape.element_count() * pannier::dtype_bytes(tensor->view.dtype);
    if (tensor->usable && bytes != tensor->view.bytes.size()) std::abort();
  }
  // Kept, so that the reads above are not optimised away.
  volatile uint8_t kept = sum;
  (void)kept;
  return 0;
}

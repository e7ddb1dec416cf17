// Any bytes as the payload of a receipt, and as a receipt file; what is accepted is written the same again.
#include <cstdlib>

#include "format/receipt.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  (void)pannier::parse_receipt(text, "fuzz");
  const std::string file = pannier::write_dsse({std::string(pannier::kReceiptType), text, {}});
  const auto parsed = pannier::parse_receipt(file, "fuzz");
  if (!parsed.ok()) return 0;
  if (pannier::write_receipt_payload(parsed->receipt) != text) std::abort();
  for (const pannier::BlobInfo& blob : parsed->receipt.blobs) {
    if (!pannier::holds(parsed->receipt, blob.digest)) std::abort();
  }
  return 0;
}

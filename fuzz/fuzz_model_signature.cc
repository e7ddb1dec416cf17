// Model signatures: the bundle outside, and the statement inside, which only a trusted key can reach
// otherwise.
#include <cstdint>

#include "format/model_signature.h"
#include "format/model_statement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)pannier::parse_model_signature(text, "fuzz");
  const auto statement = pannier::parse_model_statement(text, "fuzz");
  if (!statement.ok()) return 0;
  pannier::ModelFile file;
  file.path = "config.json";
  std::vector<std::string> unsigned_paths;
  (void)pannier::compare_with_statement(*statement, {&file, 1}, "fuzz", unsigned_paths);
  return 0;
}

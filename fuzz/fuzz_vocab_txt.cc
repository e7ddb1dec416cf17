// Any bytes as vocab.txt; what loads must encode its own text without harm.
#include <cstdlib>
#include <string>

#include "run/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string contents(reinterpret_cast<const char*>(data), size);
  const auto files = pannier::model_files_from_memory("fuzz", {{"vocab.txt", contents}});
  const auto tokenizer = pannier::Tokenizer::load(*files);
  if (!tokenizer.ok()) return 0;
  pannier::Encoding encoding;
  if (!(*tokenizer)->encode(contents, {}, encoding).ok()) std::abort();
  for (const int32_t id : encoding.ids) {
    if (id < 0 || static_cast<uint32_t>(id) >= (*tokenizer)->id_count()) std::abort();
  }
  return 0;
}

// Any bytes as tokenizer.json; what loads must encode a text without harm.
#include <cstdlib>
#include <string>

#include "run/text/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string contents(reinterpret_cast<const char*>(data), size);
  for (const char* config : {"{}", R"({"tokenizer_class": "BertTokenizer", "strip_accents": false})"}) {
    const auto files = pannier::model_files_from_memory(
        "fuzz", {{"tokenizer.json", contents}, {"tokenizer_config.json", config}});
    const auto tokenizer = pannier::Tokenizer::load(*files);
    if (!tokenizer.ok()) continue;
    pannier::Encoding encoding;
    pannier::EncodeOptions options;
    options.want_offsets = true;
    if (!(*tokenizer)->encode("A film[MASK] \u00c9t\u00e9 a\u0323\u302e \u4e2d.", options, encoding).ok())
      std::abort();
    if (encoding.offsets.size() != encoding.ids.size()) std::abort();
    for (const int32_t id : encoding.ids) {
      if (id < 0 || static_cast<uint32_t>(id) >= (*tokenizer)->id_count()) std::abort();
    }
  }
  return 0;
}

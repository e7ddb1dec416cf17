// Any bytes as the files of a sentence-transformers folder, a line of four '#' between them. Whatever
// they say, the answer is a message or a configuration that keeps its promises.
#include <array>
#include <cstdlib>
#include <map>
#include <string>

#include "base/limits.h"
#include "base/safe_path.h"
#include "run/pipeline/sentence_transformers_config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr std::array kNames = {"modules.json", "1_Pooling/config.json", "sentence_bert_config.json",
                                 "config_sentence_transformers.json", "0_T/sentence_bert_config.json"};
  constexpr std::string_view kSeparator = "\n####\n";
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::map<std::string, std::string> contents;
  for (const char* name : kNames) {
    const size_t end = rest.find(kSeparator);
    contents[name] = std::string(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + kSeparator.size());
  }
  const auto files = pannier::model_files_from_memory("fuzz", contents);
  if (!pannier::has_sentence_transformers_config(*files)) std::abort();
  const auto config = pannier::read_sentence_transformers_config(*files);
  if (!config.ok()) {
    if (config.error().message.empty()) std::abort();
    return 0;
  }
  if (config->pooling.empty()) std::abort();
  if (config->length_max && *config->length_max > pannier::limits::kPositionsMax) std::abort();
  if (config->token_dimension && *config->token_dimension > pannier::limits::kHiddenSizeMax) std::abort();
  const std::string& folder = config->transformer_folder;
  if (!folder.empty() && !pannier::SafePath::parse(folder).ok()) std::abort();
  return 0;
}

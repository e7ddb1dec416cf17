// Any bytes as the index of shards, beside two good shards: what opens has each tensor of it, in its shard.
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/model_files.h"
#include "run/weights/sharded_weights.h"

namespace {

constexpr const char* kIndex = "model.safetensors.index.json";

// A safetensors file with one F32 tensor of that one-letter name.
std::string shard(char name) {
  const std::string header =
      std::string("{\"") + name + R"(":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  const uint64_t length = header.size();
  std::string file(sizeof length, '\0');
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + "1234";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const pannier::ByteSpan index(data, size);
  const auto files = pannier::model_files_from_memory("fuzz", {{kIndex, std::string(pannier::as_text(index))},
                                                               {"a.safetensors", shard('a')},
                                                               {"b.safetensors", shard('b')}});
  const auto weights = pannier::open_sharded(*files, kIndex);
  if (!weights.ok()) return 0;
  for (const std::string_view name : (*weights)->names()) {
    const pannier::StoredTensor* tensor = (*weights)->find(name);
    if (tensor == nullptr || pannier::as_text(tensor->view.bytes) != "1234") std::abort();
    if ((*weights)->file_of(name) != std::string(name) + ".safetensors") std::abort();
    (*weights)->release(tensor->view.bytes);
  }
  return 0;
}

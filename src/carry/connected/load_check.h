// load_check: what can be told about a model's files without running it, for families that the native engine
// does not know.
#pragma once

#include <string>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"

namespace pannier {

struct LoadCheck {
  uint64_t tensor_count = 0;         // in safetensors files
  std::vector<std::string> checked;  // "model.safetensors: 104 tensors", "tokenizer.json"
};

// Every safetensors file has a sound tensor index and is as long as it says; every index of shards names
// shards that are there, and tensors that are in them; tokenizer.json, config.json and the like are JSON, and
// a tokenizer.json has a model. kCorrupt or kIncomplete, naming the file. Reads no weights.
Result<LoadCheck> check_model_files(const ModelFiles& files);

}  // namespace pannier

// Weights spread over several files, with an index that tells which tensor is where.
//
// The index (model.safetensors.index.json, pytorch_model.bin.index.json) is a JSON object: "weight_map",
// tensor name -> file name beside the index, and "metadata", which is not needed. Page:
// docs/formats/weights.md.
#pragma once

#include <memory>
#include <string>

#include "base/model_files.h"
#include "base/result.h"
#include "run/weights/weights.h"

namespace pannier {

// Opens all shards. kIncomplete, naming every shard that is missing; kCorrupt where the index and the
// shards do not name the same tensors, each once; what the reader of a shard says.
// REQUIRES: files.has(index), which ends in ".safetensors.index.json" or ".bin.index.json".
Result<std::unique_ptr<Weights>> open_sharded(const ModelFiles& files, const std::string& index);

}  // namespace pannier

// Weights in one safetensors file.
#pragma once

#include <memory>
#include <string>

#include "base/model_files.h"
#include "base/result.h"
#include "run/weights/weights.h"

namespace pannier {

// REQUIRES: files.has(name).
Result<std::unique_ptr<Weights>> open_safetensors(const ModelFiles& files, const std::string& name);

}  // namespace pannier

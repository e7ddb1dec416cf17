// Weights in one file that torch.save made.
#pragma once

#include <memory>
#include <string>

#include "base/model_files.h"
#include "base/result.h"
#include "run/weights/weights.h"

namespace pannier {

// Nothing in the file is run; only its description of tensors is read, and they stay where they lie.
// REQUIRES: files.has(name).
Result<std::unique_ptr<Weights>> open_pytorch(const ModelFiles& files, const std::string& name);

}  // namespace pannier

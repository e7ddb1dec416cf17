// torch.save's format before PyTorch 1.6 (and later on request): five pickles one after another (a magic
// number, the format's version, facts about the machine, the tensors, the keys of the storages), then for
// each key the count of its elements (8 bytes) and their bytes, to the end of the file.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "format/pickle_tensors.h"

namespace pannier {

// Whether the file begins as a pickle of protocol 2 or later does.
bool looks_like_pytorch_legacy(ByteSpan file);

// As parse_pytorch.
Result<std::vector<PytorchTensor>> parse_pytorch_legacy(ByteSpan file, std::string_view what);

}  // namespace pannier

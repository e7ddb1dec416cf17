// torch.save's zip format (PyTorch 1.6 and later): one folder holding data.pkl, which describes the
// tensors, and data/KEY, the bytes of each storage, stored as they are.
#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "format/pickle_tensors.h"

namespace pannier {

// As parse_pytorch, for a file that looks_like_zip. The checksum of data.pkl and the other small entries
// is checked; those of the storages are not, since that would read the weights.
Result<std::vector<PytorchTensor>> parse_pytorch_zip(ByteSpan file, std::string_view what);

}  // namespace pannier

// Where the storages lie in a zip that torch.save made, and what they hold, found by reading the directory
// and the pickle alone. For those who need a hint and not the tensors: format/pytorch_zip.h checks.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "format/pickle.h"

namespace pannier {

struct PytorchStorage {
  std::string key;  // "0", "1", …
  uint64_t begin = 0;
  uint64_t end = 0;                 // in the file, exclusive
  std::optional<TorchDtype> dtype;  // where the pickle could be read
};

// In the order of their bytes, each once and apart; none where the file is no such zip. The errors are those
// of `read`, which is never asked for bytes beyond file_bytes.
Result<std::vector<PytorchStorage>> find_pytorch_storages(
    uint64_t file_bytes, const std::function<Status(uint64_t offset, MutableByteSpan out)>& read);

}  // namespace pannier

// The named tensors that a pickle describes, placed in their file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/pickle.h"

namespace pannier {

struct PytorchTensor {
  std::string name;
  TorchDtype dtype = TorchDtype::kF32;
  std::vector<uint64_t> shape;  // at most limits::kTensorRankMax long; empty: one element
  // Whether the elements lie row by row. Where they do not (a transposed or strided view), there is no run
  // of bytes that is the tensor: begin and end are 0.
  bool contiguous = true;
  uint64_t begin = 0;  // in the file, end exclusive; two tensors may share bytes (tied weights)
  uint64_t end = 0;
};

// The tensors of the dict that the pickle is, in its order. `storage_begins` tells for each of
// Pickle::storages where in the file it lies. Entries that are no tensors (an epoch, a configuration) are
// left out, as transformers ignores them. kUnsupported where the tensors are not at the top level;
// kCorrupt where a name comes twice.
Result<std::vector<PytorchTensor>> tensors_of(const Pickle& pickle,
                                              const std::vector<uint64_t>& storage_begins,
                                              std::string_view what);

}  // namespace pannier

// What a bundle expects to find where it is installed: blobs that it leaves out, and bases of its deltas.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "carry/store/store.h"
#include "format/bundle_index.h"

namespace pannier {

struct ExpectedBlobs {
  std::vector<BlobInfo> held;   // not in the bundle
  std::vector<BlobInfo> bases;  // that deltas build on
  uint64_t bytes() const;       // of both
};

// Those that `store` does not have; all of them where it is null.
ExpectedBlobs missing_blobs(const BundleIndex& index, const Store* store);

// kIncomplete naming the first of them, the file of the bundle that needs it, and what to do. `what` names
// the bundle.
Status require_none_missing(const BundleIndex& index, const ExpectedBlobs& missing, const std::string& what);

// "model.safetensors (sst2)": the first file with these contents; "a file" where there is none.
std::string file_of_blob(const BundleIndex& index, const Digest& digest);

}  // namespace pannier

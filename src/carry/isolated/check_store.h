// check_store: reads everything that a store holds, finds what is missing or rotten, takes rot out of the way
// and says which bundle heals it. Page: docs/formats/store.md, "Checking".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"

namespace pannier {

enum class StoreFaultKind {
  kRotten,     // its bytes are not what its name says
  kMissing,    // a kept list names it, and it is not there
  kMalformed,  // a list or manifest that is what its digest says, but cannot be read
  kMisplaced,  // something that is no blob lies among the blobs
};
const char* store_fault_kind_name(StoreFaultKind kind);  // "rotten", "missing", …

// Which bundle brought something, as its signed statement says.
struct BundleOrigin {
  std::string channel;  // empty: of none
  uint64_t sequence = 0;
  Digest payload_digest;

  friend bool operator==(const BundleOrigin&, const BundleOrigin&) = default;
};

struct StoreFault {
  StoreFaultKind kind = StoreFaultKind::kRotten;
  std::string path;
  std::optional<Digest> digest = std::nullopt;  // of a blob
  std::string what = {};                        // what is wrong, in a few words
  // References that need it, of the newest generation or else of older ones; sorted. Empty: nobody needs it.
  std::vector<std::string> names = {};
  bool in_newest = false;  // whether the newest generation needs it
  // Bundles that, installed again, heal it; empty where nobody knows.
  std::vector<BundleOrigin> origins = {};
  bool quarantined = false;
};

struct CheckOptions {
  bool quarantine = true;  // else only looks
  uint32_t threads = 1;    // files hashed at once
  Transfer transfer = {};
};

struct CheckResult {
  uint64_t blob_count = 0;
  uint64_t blob_bytes = 0;
  uint64_t generation_count = 0;
  std::vector<StoreFault> faults;  // those of the newest generation first
};

// Hashes every blob and reads every kept list and manifest. A rotten blob is moved to pannier/quarantine:
// then it is as good as missing, and installing a bundle that holds it brings it back. A healthy store is not
// written to. kIo (also where quarantine cannot be written), kInterrupted, kNotFound (no store).
Result<CheckResult> check_store(FileSystem& fs, const std::string& root, const CheckOptions& options);

}  // namespace pannier

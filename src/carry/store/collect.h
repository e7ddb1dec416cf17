// collect_garbage: takes out of a store what no kept generation names, while others read and write.
// Page: docs/formats/store.md, "Collecting".
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/store/receipts.h"

namespace pannier {

struct CollectOptions {
  uint64_t generations_kept = 3;  // the newest ones; at least 1
  uint64_t receipts_kept = kReceiptsKept;
  // What was written, or was in force, less than this long ago stays, so that nobody who reads or exports now
  // misses something. 0: nothing stays for its age.
  uint64_t grace_seconds = 24 * 60 * 60;
  int64_t now_seconds = 0;  // since 1970
  bool dry_run = false;     // then nothing is removed, and no lock taken
  const std::atomic<bool>* cancel = nullptr;
};

// With dry_run: what would go.
struct CollectResult {
  std::vector<uint64_t> generations;  // removed lists, ascending
  uint64_t generations_left = 0;
  uint64_t blob_count = 0;
  uint64_t blob_bytes = 0;
  uint64_t young_count = 0;  // garbage that is younger than the grace period
  uint64_t young_bytes = 0;
  uint64_t download_count = 0;  // files of abandoned downloads
  uint64_t download_bytes = 0;
  uint64_t quarantine_count = 0;  // of what `fsck` took out
  uint64_t quarantine_bytes = 0;
  uint64_t dead_writers = 0;
  uint64_t receipts = 0;

  uint64_t bytes() const { return blob_bytes + download_bytes + quarantine_bytes; }
};

// Keeps the newest generation, the last `generations_kept`, those that were in force within the grace
// period, and every blob that one of them names: manifests, configs, files, origins, signatures,
// statements of channels; and the blobs of the newest receipts. kIncomplete or kCorrupt where a kept list
// or manifest cannot be read, and nothing is removed then: what it names is unknown. kInterrupted, kIo: what
// was removed before was garbage.
Result<CollectResult> collect_garbage(FileSystem& fs, const std::string& root, const CollectOptions& options);

}  // namespace pannier

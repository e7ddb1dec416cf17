// export: a model of the store as a folder of plain files (--local-dir).
#pragma once

#include <string>

#include "base/fs.h"
#include "carry/store/store.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct ExportOptions {
  std::string folder;
  // Where the folder exists and holds nothing but files of this model, whatever their contents:
  // replace it. Foreign files are never removed; they are named and the export refused.
  bool replace = false;
  Transfer transfer;
};

struct ExportResult {
  uint64_t file_count = 0;
  uint64_t bytes = 0;
  bool changed = false;  // false: the folder held exactly these files already
};

// Copies every file of the ref out of the store, checking each digest on the way, into a temporary
// folder beside the target and renames that. kNotFound (no such ref, or its blob is gone), kCorrupt (a
// blob of the store is not what its name says), kInvalid (the folder holds something else), kIo,
// kInterrupted: the target is then as it was.
Result<ExportResult> export_ref(FileSystem& fs, const Store& store, const std::string& name,
                                const ExportOptions& options);

}  // namespace pannier

// export_folder: files of a store as one folder of plain files, which appears whole or not at all.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/store/store.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct ExportOptions {
  std::string folder;
  // Where the folder exists and holds nothing but files of this export, whatever their contents:
  // replace it. Foreign files are never removed; they are named and the export refused.
  bool replace = false;
  Transfer transfer;
  // Files are second names of the store's blobs where the file system allows it. Only where somebody asked
  // for it: whoever edits such a file edits the store.
  bool link = false;
  // Paths of an earlier export to the folder: with `replace` they are no foreign files.
  std::set<std::string> earlier_paths = {};
};

struct ExportResult {
  uint64_t file_count = 0;
  uint64_t bytes = 0;
  bool changed = false;  // false: the folder held exactly these files already
};

// One file to be: a blob of the store, or contents made here.
struct PlannedFile {
  ModelFile file;
  std::string blob = {};  // where it lies in a store; empty beside `contents`
  std::optional<std::string> contents = std::nullopt;
};

// Writes the files into a temporary folder beside the target, checking each digest on the way, and renames
// that. `what` names them in messages. kNotFound (a blob is gone), kCorrupt (a blob of the store is not what
// its name says), kInvalid (the folder holds something else), kIo, kInterrupted: the target is then as it
// was. REQUIRES: paths are SafePaths that do not collide.
Result<ExportResult> export_folder(FileSystem& fs, const std::string& what,
                                   const std::vector<PlannedFile>& files, const ExportOptions& options);

// The same of all files of a ref, by its name or an alias: `export --local-dir`. Where the model is signed
// (OpenSSF Model Signing), its first signature comes as `model.sig`, unless it has a file of that name.
// kNotFound (no such ref) too.
Result<ExportResult> export_ref(FileSystem& fs, const Store& store, const std::string& name,
                                const ExportOptions& options);

}  // namespace pannier

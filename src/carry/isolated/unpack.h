// unpack: the models of a bundle as plain files, for scanners and for people without a store.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/isolated/verify.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct UnpackOptions {
  // For the bases of deltas, and for files that the bundle leaves out; need not exist. Its roots judge, too.
  std::string store_root = {};
  std::vector<std::string> approvals = {};
  Transfer transfer = {};
};

// A file of the bundle that is not among those that were written.
struct UnwrittenFile {
  std::string path;      // MODEL/PATH
  bool is_held = false;  // the bundle leaves it out; else it is a delta
  Digest needs;          // the blob that is not here: its own contents, or the base of the delta
};

struct UnpackResult {
  BundleSummary bundle;
  Admission admission;
  uint64_t file_count = 0;  // that were written, signatures included
  uint64_t bytes_written = 0;
  std::vector<UnwrittenFile> unwritten;  // sorted by path
};

// Writes FOLDER/<model name>/<path> for every file, verified as install does, and model.sig beside the files
// of a model that is signed, into a temporary folder beside it and renames that: the folder appears whole or
// not at all. kInvalid where `folder` exists and is not an empty folder, or where two models' files would
// collide; kIo with both numbers where space is short; verify's errors; kInterrupted. Trust is not asked for:
// the result says what there is.
Result<UnpackResult> unpack_bundle(FileSystem& fs, const std::vector<std::string>& paths,
                                   const std::string& folder, const UnpackOptions& options = {});
Result<UnpackResult> unpack_bundle(FileSystem& fs, const std::string& path, const std::string& folder,
                                   const Transfer& transfer = {});

}  // namespace pannier

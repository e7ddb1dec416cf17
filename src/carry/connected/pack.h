// pack: folders of model files become one bundle.
#pragma once

#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/connected/folder_walk.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct PackSource {
  std::string name;    // the ref name on the far side; empty: default_ref_name(folder)
  std::string folder;  // what walk_model_folder finds below it is packed
};

struct PackOptions {
  std::string output;      // the bundle to write
  bool overwrite = false;  // replace a file that is there
  bool dry_run = false;    // walk, hash and lay out, but write nothing
  Transfer transfer;       // bytes count every byte twice: once hashed, once written
};

struct PackedModel {
  std::string name;
  std::string folder;
  uint64_t file_count = 0;
  uint64_t bytes = 0;
};

struct PackResult {
  std::vector<PackedModel> models;  // sorted by name
  std::vector<LeftOut> left_out;
  uint64_t file_count = 0;
  uint64_t bytes = 0;  // of all files, before equal ones are stored once
  uint64_t bundle_bytes = 0;
  uint64_t block_count = 0;
  Digest payload_digest;
};

// The last component of the folder's absolute path. kInvalid where that is no ref name, with the
// hint to give one.
Result<std::string> default_ref_name(const std::string& folder);

// Packs the folders. The same contents under the same names give the same bytes, wherever and
// whenever. kInvalid: names or paths that cannot be carried (each named), an empty folder, two
// sources of one name, links that lead out of the folder, devices, sockets; kNotFound; kIo; kCorrupt
// where a file changed meanwhile; kInterrupted. On failure no output, nor part of it, is left.
Result<PackResult> pack_folders(FileSystem& fs, const std::vector<PackSource>& sources,
                                const PackOptions& options);

}  // namespace pannier

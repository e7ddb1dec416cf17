// Walks a folder of model files for packing: which files to take, which to leave out, which to refuse.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace pannier {

struct WalkedFile {
  std::string path;    // relative to the folder; a valid SafePath
  std::string source;  // where its bytes are: below the folder, or where an allowed link leads
  bool executable = false;
  uint64_t bytes = 0;
};

struct LeftOut {
  std::string path;    // as walked: FOLDER/…
  std::string reason;  // "version control", "cache", …
};

struct FolderWalk {
  std::vector<WalkedFile> files;  // sorted by path (byte order), no collisions
  std::vector<LeftOut> left_out;
};

// Every regular file below `folder` but version control, caches and half-made downloads; `output` (the
// bundle being written) is left out too. A link is followed only to a regular file inside the folder,
// or inside the blob folder that a Hugging Face cache keeps beside its snapshots: a folder from a
// stranger must not carry the packer's other files away.
//
// kInvalid names everything that cannot be carried: unsafe or colliding names, other links, devices,
// sockets, pipes; or says that there is nothing to pack. kNotFound, kIo, kLimit.
Result<FolderWalk> walk_model_folder(FileSystem& fs, const std::string& folder, const std::string& output);

}  // namespace pannier

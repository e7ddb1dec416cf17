// publish_files: gives finished temporary files their names, so that a set of them appears whole or not.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"

namespace pannier {

struct PendingFile {
  std::string temporary;  // whole and synced
  std::string path;       // in the same folder
};

// kInvalid where a bundle cannot be called so: the path ends without the name of a file.
Status check_bundle_name(const std::string& path);

// kInvalid where something is at `path` already, unless `overwrite` and it is a file; kIo, kNotFound.
Status check_free_path(FileSystem& fs, const std::string& path, bool overwrite);

// Renames in the order given and syncs the folder. On an error what was renamed is removed again, but where
// it replaced something. kInvalid where a file is there now and not `overwrite`; kIo.
Status publish_files(FileSystem& fs, const std::vector<PendingFile>& files, bool overwrite);

}  // namespace pannier

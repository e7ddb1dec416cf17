// closure: what a model needs besides the files that were chosen, found while there is still a network.
//
// Nothing is run: configurations are read as JSON, code as text. What is looked for is what loading would
// look for, above all the files whose absence is no error there but wrong answers (docs/guide/hub.md).
#pragma once

#include <string>
#include <vector>

#include "carry/connected/snapshot.h"

namespace pannier {

// Reads small files of one snapshot, wherever they are.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  // kLimit above `bytes_max`; otherwise what the source says.
  virtual Result<std::string> read(const SnapshotFile& file, uint64_t bytes_max) = 0;
};

enum class FindingKind {
  kMissingFile,      // `path` of this repository is needed and not taken
  kOtherRepository,  // `ref` is needed
  kRemark,
};

enum class Severity {
  kRemark,
  kWarning,  // some uses will fail
  kError,    // it will not load, or it will load and answer wrongly
};

struct Finding {
  FindingKind kind = FindingKind::kRemark;
  Severity severity = Severity::kRemark;
  std::string message;            // what is missing or hidden, and what follows from it
  std::string needed_by;          // "config.json: auto_map"
  std::string path;               // kMissingFile
  ModelRef ref;                   // kOtherRepository: of kind kHub
  std::vector<std::string> only;  // kOtherRepository: patterns of the files needed; empty: as usual
  std::string code;               // kOtherRepository: only this of its code: "module.Class"

  friend bool operator==(const Finding&, const Finding&) = default;
};

// All that the snapshot's files need and that is not among them, each once. `left_out` is known to exist
// upstream: what is needed of it is named as such. Errors are those of reading that a finding cannot tell:
// kNetwork, kDenied, kIo, kInterrupted.
Result<std::vector<Finding>> find_dependencies(const Snapshot& snapshot, SnapshotReader& reader);
// The same of a repository of which only code is needed: what "module.Class" imports of it.
Result<std::vector<Finding>> find_code_dependencies(const Snapshot& snapshot, SnapshotReader& reader,
                                                    const std::vector<std::string>& references);

}  // namespace pannier

// write_members: makes files of a set again, whole, out of what is there of them and of parity.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"
#include "carry/transport/volumes/found_set.h"
#include "carry/transport/volumes/volume_check.h"

namespace pannier {

// Writes them into `folder` (made where missing) under their own names, each block checked or made out of
// parity; the same bytes as were packed. All appear, or none. kIncomplete, kCorrupt where parity does not
// suffice, kInvalid where a file is there already, kIo, kInterrupted. The paths written.
Result<std::vector<std::string>> write_members(FileSystem& fs, const FoundSet& found,
                                               const std::vector<SetMember>& members,
                                               const std::string& folder, const Transfer& transfer);

struct RepairResult {
  VolumeReport report;             // of what was found
  std::vector<std::string> files;  // written; none where nothing was damaged
};
// `verify --repair --to FOLDER`: checks the set and writes what is damaged or missing of it, or all of it,
// into the folder; media are only read. kIncomplete with the list to send again where parity does not
// suffice.
Result<RepairResult> repair_volumes(FileSystem& fs, const std::vector<std::string>& paths,
                                    const std::string& folder, bool whole_set, const Transfer& transfer);

// `resend LIST --from PATHS -o FOLDER`: those files of the kept set, as they were. kInvalid where the list
// does not fit the set.
Result<std::vector<std::string>> resend_volumes(FileSystem& fs, const std::vector<std::string>& kept,
                                                const std::string& list, const std::string& folder,
                                                const Transfer& transfer);

}  // namespace pannier

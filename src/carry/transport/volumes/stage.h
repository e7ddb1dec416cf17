// stage_volumes: collects the volumes of a bundle from one medium after another into one folder.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/transfer.h"
#include "carry/transport/volumes/found_set.h"

namespace pannier {

struct StageResult {
  std::string what;
  std::vector<std::string> copied;   // names of files, this time
  std::vector<std::string> present;  // that were in the folder already
  std::vector<std::string> damaged;  // read with errors; kept where there is parity, which may make them good
  std::vector<std::string> missing;  // volumes that no medium had yet
  bool is_enough = false;            // all volumes are there, or parity stands in for those that are not
};

// Copies what the folder does not have of the set in `paths`, checking it on the way; a copy that was broken
// off is taken up where it stopped. kInvalid where the folder holds volumes of another bundle; kCorrupt for a
// damaged volume of a set without parity; kNotFound, kIo, kInterrupted.
Result<StageResult> stage_volumes(FileSystem& fs, const std::vector<std::string>& paths,
                                  const std::string& folder, const Transfer& transfer);

}  // namespace pannier

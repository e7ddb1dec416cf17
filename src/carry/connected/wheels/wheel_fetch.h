// wheel_fetch: the wheels of a plan or of a lock come to this machine, are checked, and become wheelhouses.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/download/download.h"
#include "carry/connected/wheels/wheel_plan.h"

namespace pannier {

struct WheelhouseFile {
  std::string path;         // in the wheelhouse; a valid SafePath without folders
  std::string source_path;  // on this machine
  uint64_t bytes = 0;
  Digest sha256;
};

// The wheels of one target, `requirements.txt` (pinned, with hashes, for --require-hashes) and `pylock.toml`
// (PEP 751).
struct Wheelhouse {
  std::string name;  // the ref name: "wheels/<target>"
  LockedWheelhouse locked;
  std::vector<WheelhouseFile> files;  // sorted by path
  std::vector<std::string> warnings;
};

struct WheelFetchOptions {
  std::string folder;        // fetched wheels are kept here, by digest; made where missing
  DownloadOptions download;  // `folder` is where unfinished ones lie; events.done is ours
  // Wheels of these that lie on this machine: where the plan found them. Others without an address are
  // looked for by name in the find-links folders.
  std::vector<PlannedWheel> local_wheels;
};

struct WheelFetch {
  std::vector<Wheelhouse> wheelhouses;  // one for each lock, in their order
  DownloadTotals totals;
  uint64_t bytes_held = 0;  // of wheels that were here already
};

// Fetches what is not held yet (a wheel that several targets share once), then checks every wheel: its bytes
// (RECORD, no zip confusion), that it fits the target and its libc, and that the set is closed: what each
// wheel requires under the target's markers is in it. kCorrupt, kIncomplete (with what is missing, and who
// needs it), kUnsupported, and all that download_all returns.
Result<WheelFetch> fetch_wheelhouses(const WheelTools& tools, const std::vector<LockedWheelhouse>& locks,
                                     const WheelFetchOptions& options);

// All planned wheels that lie on this machine, for WheelFetchOptions.
std::vector<PlannedWheel> local_wheels_of(const WheelPlan& plan);

}  // namespace pannier

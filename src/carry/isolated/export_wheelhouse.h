// export_wheelhouse: the wheels of a store as the one flat folder that `pip --find-links` takes.
#pragma once

#include <string>
#include <vector>

#include "carry/isolated/export_folder.h"

namespace pannier {

struct WheelhouseSource {
  const Store* store = nullptr;
  Reference reference;
};

// What one wheelhouse became in the folder.
struct ExportedWheelhouse {
  std::string name;    // of the reference
  std::string target;  // the machine it is for
  uint64_t wheel_count = 0;
  std::vector<std::string> requirements;  // as they were asked for
  // Files of the folder; empty where there is none: two versions of a package cannot be pinned, not every
  // packer writes a lock, pip is carried where the far side's may be too old.
  std::string requirements_file;  // "requirements-TARGET.txt": for `pip install --require-hashes -r`
  std::string lock_file;          // "pylock.TARGET.toml", dots of TARGET as '_' since PEP 751 allows none
  std::string pip_wheel;
};

struct WheelhousesExport {
  ExportResult folder;
  std::vector<ExportedWheelhouse> wheelhouses;
};

// All of them into one folder, as export_folder does it; a wheel that several hold is there once. kInvalid
// where two hold different contents under one name, or a source is no wheelhouse.
Result<WheelhousesExport> export_wheelhouses(FileSystem& fs, const std::vector<WheelhouseSource>& sources,
                                             const ExportOptions& options);

}  // namespace pannier

// What is written into a store begins in a folder of its own below the staging area, and appears by one step:
// how a writer keeps such a folder, how those of dead writers go, and how a numbered file gets its number.
// Page: docs/formats/store.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/fs.h"
#include "base/result.h"

namespace pannier {

// Nobody sweeps it while the lock is held.
struct StagingFolder {
  std::string path;
  std::unique_ptr<FileLock> lock;
};

// A new one, locked, named after `prefix`. Makes the staging area where it is missing. kIo.
Result<StagingFolder> make_staging_folder(FileSystem& fs, const std::string& store_root,
                                          const std::string& prefix);

// Removes the staging folders of writers that died, as far as it can; gives how many.
uint64_t sweep_dead_writers(FileSystem& fs, const std::string& store_root);

// Gives a staged file its place, which is taken once and never again: false where somebody was faster. The
// staged name may stay, as a second one.
Result<bool> take_place(FileSystem& fs, const std::string& staged, const std::string& place);

}  // namespace pannier

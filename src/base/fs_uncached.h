// Reading from the medium itself, and whether it is one that can be taken out: what real_file_system() does
// for FileSystem::open_uncached and is_on_removable_medium.
#pragma once

#include <memory>
#include <string>

#include "base/fs.h"
#include "base/result.h"

namespace pannier {

// As FileSystem::open_uncached. Direct reads where the file system knows them; else what the system
// remembers of the file is dropped first.
Result<std::unique_ptr<ReadableFile>> open_uncached_file(const std::string& path);

// By what /sys says of the device, or of the device that it is a partition of. The path may not exist yet:
// its folder counts then.
bool is_on_removable_device(const std::string& path);

}  // namespace pannier

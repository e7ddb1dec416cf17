// The one implementation of StoreWriter, and how a writer comes to its staging folder.
#pragma once

#include <memory>
#include <string>

#include "base/fs.h"
#include "carry/store/store.h"

namespace pannier {

// Makes a staging folder, takes its lock, and removes the folders of writers that died.
Result<std::unique_ptr<StoreWriter>> begin_store_writer(FileSystem& fs, const std::string& root);

}  // namespace pannier

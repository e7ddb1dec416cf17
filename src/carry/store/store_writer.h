// The one implementation of StoreWriter, and how a writer comes to its staging folder.
#pragma once

#include <memory>
#include <string>

#include "base/fs.h"
#include "carry/store/store.h"

namespace pannier {

// Makes a store, or completes a half-made one. kInvalid where the folder is used for something else.
Status create_store(FileSystem& fs, const std::string& root);
// Whether it is free for a store, or is one: kInvalid.
Status check_place_is_free(FileSystem& fs, const std::string& root);

// Makes a staging folder, takes its lock, and removes the folders of writers that died.
Result<std::unique_ptr<StoreWriter>> begin_store_writer(FileSystem& fs, const std::string& root);
// The same where there is no store yet: the commit makes it.
Result<std::unique_ptr<StoreWriter>> begin_new_store_writer(FileSystem& fs, const std::string& root);

}  // namespace pannier

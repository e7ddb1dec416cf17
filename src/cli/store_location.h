// Which store a command means.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "carry/store/store.h"

namespace pannier {

inline constexpr const char* kStoreOptionHelp =
    "the store; else $PANNIER_HOME/store, the user's, the system's (help environment)";

// The machine's own store.
inline constexpr const char* kSystemStore = "/var/lib/pannier";

// The store that is written to: `option` (--store) where given, else $PANNIER_HOME/store, else
// $XDG_DATA_HOME/pannier or ~/.local/share/pannier. kInvalid where none of these is set.
Result<std::string> store_to_write(const std::string& option);

// A store that is there and is to be changed: `option` where given, else the first of stores_to_read.
// kNotFound.
Result<std::string> store_to_change(const std::string& option);

// The stores that are read, in search order: `option` alone where given, else those of the above that
// exist, and /var/lib/pannier. kNotFound where there is none.
Result<std::vector<std::string>> stores_to_read(const std::string& option);

// A model, data set or wheelhouse by name, in the first store that has it; else by alias.
struct FoundModel {
  std::unique_ptr<Store> store;
  Reference reference;
};
Result<FoundModel> find_model(FileSystem& fs, const std::string& option, const std::string& name);

}  // namespace pannier

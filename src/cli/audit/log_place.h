// Which audit log a command means.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/args.h"

namespace pannier {

struct LogPlace {
  std::string path;
  std::string store;  // whose log it is; empty: the user's own
};

// Declares --store and --own.
void declare_log_place(std::string& store, bool& own, Args& args);

// The log of `store`, else of the first store that is found, else the user's own (which `own` asks for). The
// file may not be there yet. kInvalid, kNotFound.
Result<LogPlace> find_log(const std::string& store, bool own);

}  // namespace pannier

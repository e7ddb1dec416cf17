// Load trial: does what is about to be packed run on the far side? Tried here, while there is still a network
// to fetch what is missing from.
#pragma once

#include <string>
#include <vector>

#include "base/model_files.h"
#include "base/result.h"

namespace pannier {

struct LoadOutcome {
  std::string name;
  bool ran = false;    // the native engine computed a result; else files were checked (load_check.h)
  std::string detail;  // "text-classification ran", "checked: 104 tensors, 3 configurations"
};

// The model is run on one sentence by this executable in a child process, which confines itself (no network)
// as `pannier run` always does; a family that the engine does not know is checked by its files. `argument` is
// what `run -m` takes, `store` may be empty. kIncomplete, kCorrupt: it does not load, with the child's words.
Result<LoadOutcome> try_load(const std::string& name, const std::string& argument, const std::string& store,
                             const ModelFiles& files);

}  // namespace pannier

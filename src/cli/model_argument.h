// MODEL on the command line: a folder, or a name of the store, as files for the engine.
#pragma once

#include <memory>
#include <string>

#include "base/model_files.h"
#include "base/result.h"

namespace pannier {

// "dir:PATH" or the path of a folder (said in a note, since a store may hold the same name), else a
// name in the stores that `store_option` means. kNotFound with near names, or with a hint where the
// argument looks like a text in the place of a model.
Result<std::unique_ptr<ModelFiles>> open_model_argument(const std::string& argument,
                                                        const std::string& store_option);

}  // namespace pannier

// A folder of a model as if it were a model of its own: sentence-transformers keeps modules in such.
#pragma once

#include <memory>
#include <string>

#include "base/model_files.h"

namespace pannier {

// The files of `files` below `folder` ("" for all), by their names relative to it. `files` must outlive
// the result.
std::unique_ptr<ModelFiles> files_in_subfolder(const ModelFiles& files, const std::string& folder);

}  // namespace pannier

// What inspect and verify print of a bundle.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "format/bundle_index.h"

namespace pannier {

// FILE on the command line as a path to open: a symbolic link is followed here, since nothing below
// follows one.
std::string bundle_argument(const std::string& path);

// A table of the models; with `files` also one of each model's files.
void print_bundle_models(const std::vector<BundleModel>& models, bool files);
// "models": […] as members of the object that is open.
void write_bundle_models(const std::vector<BundleModel>& models, JsonWriter& json);
// The files of one model: path, size, digest. Shared with `show`.
void print_model_files(const std::vector<ModelFile>& files);
void write_model_files(const std::vector<ModelFile>& files, JsonWriter& json);

}  // namespace pannier

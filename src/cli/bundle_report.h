// What inspect and verify print of a bundle.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "carry/isolated/verify.h"

namespace pannier {

// FILE on the command line as a path to open: a symbolic link is followed here, since nothing below
// follows one.
std::string bundle_argument(const std::string& path);

// A table of what is in it; with `files` each thing by itself: where it comes from, its wheels, its files.
void print_bundle_models(const BundleSummary& bundle, bool files);
// "models": […], of all kinds, as a member of the object that is open.
void write_bundle_models(const BundleSummary& bundle, JsonWriter& json);
// The files of one model: path, size, digest. Shared with `show`.
void print_model_files(const std::vector<ModelFile>& files);
void write_model_files(const std::vector<ModelFile>& files, JsonWriter& json);

}  // namespace pannier

// pack: folders, and what a store holds, become one bundle.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/connected/folder_walk.h"
#include "carry/packing/pack_bundle.h"
#include "carry/store/store.h"

namespace pannier {

// One entry of the bundle: a folder that is hashed now, or what a store holds under a name.
struct PackSource {
  std::string name;    // the ref name on the far side; empty: default_ref_name(folder)
  std::string folder;  // what walk_model_folder finds below it is packed
  // Where not empty: these paths of it alone, the others are told as left out.
  std::vector<std::string> only = {};
  std::optional<Reference> stored = {};  // instead of a folder: a reference of PackOptions::store
};

struct PackOptions {
  PackBundleOptions bundle;      // `transfer` counts every byte of a folder twice: once hashed, once written
  const Store* store = nullptr;  // REQUIRED where a source is `stored`
};

struct PackResult {
  PackedBundle bundle;
  std::vector<LeftOut> left_out;
};

// The last component of the folder's absolute path. kInvalid where that is no ref name, with the
// hint to give one.
Result<std::string> default_ref_name(const std::string& folder);

// Packs them. The same contents under the same names give the same payload digest, and the same
// manifests the same bytes, wherever and whenever. kInvalid: names or paths that cannot be carried (each
// named), an empty folder, two sources of one name, links that lead out of the folder, devices, sockets;
// kNotFound; kIo; kCorrupt where a file changed meanwhile, or a blob is not what its digest says;
// kInterrupted. On failure no output, nor part of it, is left.
Result<PackResult> pack_sources(FileSystem& fs, const std::vector<PackSource>& sources,
                                const PackOptions& options);

}  // namespace pannier

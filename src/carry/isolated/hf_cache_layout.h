// How a model or data set is called inside a cache of the Hugging Face Hub: folders, revisions, blobs, the
// list of its files. Names only; export_hf_cache puts them on a disk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "format/oci.h"

namespace pannier {

inline constexpr std::string_view kHfCacheTagFile = "CACHEDIR.TAG";
inline constexpr std::string_view kHfCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# A cache of the Hugging Face Hub, filled by pannier export.\n";

struct HfCacheNames {
  std::string repo;                  // "org/name"
  std::string folder;                // "models--org--name", "datasets--org--name"
  std::vector<std::string> aliases;  // folders of its other names
  std::string commit;                // 40 hexadecimal characters
  // Nobody upstream made a commit: it is the first 40 characters of the manifest's digest.
  bool is_commit_made_up = false;
  // What leads to the commit: the revision that was asked for, and the commit's first seven characters, by
  // which pipelines pin their default models.
  std::vector<std::string> refs;
  // Whether it is "main" that was asked for; else "main" leads here only where it led nowhere.
  bool is_main = true;
};

// kInvalid for wheelhouses, and where neither upstream nor the ref's name is the name of a repository.
Result<HfCacheNames> hf_cache_names(const ModelManifest& manifest, const Digest& manifest_digest);

// The file of `blobs/` that holds these contents: upstream's id, else their SHA-256.
std::string hf_cache_blob_name(const ModelFile& file);

// trees/COMMIT.json, by which newer clients see that a snapshot is whole.
std::string hf_cache_tree(const ModelManifest& manifest);

}  // namespace pannier

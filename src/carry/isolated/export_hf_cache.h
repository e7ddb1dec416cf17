// export_hf_cache: models and data sets of a store as a cache of the Hugging Face Hub, from which its own
// clients (huggingface_hub, transformers) load by name with HF_HUB_OFFLINE=1.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/isolated/hf_cache_layout.h"
#include "carry/store/store.h"
#include "carry/transport/transfer.h"

namespace pannier {

struct HfCacheSource {
  const Store* store = nullptr;
  Reference reference;
};

struct HfCacheOptions {
  std::string folder;  // what HF_HUB_CACHE names
  // Files in `snapshots` are links to `blobs`, as the clients make them; else they lie there themselves.
  // Without links, what a repository holds already (another snapshot's, or twice in one) is a second name of
  // one file all the same, so that nothing takes room twice.
  bool symlinks = true;
  // A file of the cache that is not what it should be is replaced; else it is an error.
  bool replace = false;
  Transfer transfer;
  bool link = false;  // as ExportOptions
};

struct ExportedRepo {
  std::string name;  // of the reference
  HfCacheNames names;
  uint64_t file_count = 0;
  uint64_t bytes = 0;
  uint64_t files_written = 0;  // of all its folders; 0 where all were there
};

// Adds each snapshot to the cache, which may be one that is in use: what is there is kept and checked, blobs
// appear whole, a new snapshot by one rename, the refs that lead to it last. Contents are shared with the
// store where the file system can (a reflink, never a link to a blob of the store), and between a
// repository and its aliases' folders by hard links; each byte is read and checked against its digest.
// kInvalid (a file of the cache differs, a ref that is no repository), kCorrupt, kNotFound, kIo,
// kInterrupted: what was added before is whole.
Result<std::vector<ExportedRepo>> export_hf_cache(FileSystem& fs, const std::vector<HfCacheSource>& sources,
                                                  const HfCacheOptions& options);

}  // namespace pannier

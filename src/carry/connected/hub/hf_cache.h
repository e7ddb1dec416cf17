// The local Hugging Face cache as a source: what transformers or `hf download` left on this machine.
//
// Nobody checked these bytes when they came (the usual clients look at the size only), so every file is
// hashed and compared with the name that the cache gave it, which is upstream's digest.
#pragma once

#include <atomic>
#include <string>

#include "base/fs.h"
#include "carry/connected/snapshot.h"

namespace pannier {

// Every file that the cache at `cache_folder` holds of the ref's repository at its revision ("main" where
// none is given; short commits are understood), with `local_path` and the SHA-256 of what was read. What
// the cache's own listing of that commit names besides is in `left_out`. `cancel` may be null.
//
// kNotFound, with what there is instead; kCorrupt: a file does not match its digest; kInvalid: names or
// links that cannot be carried; kIo, kLimit, kInterrupted. REQUIRES: a ref of kind kHfCache.
Result<Snapshot> snapshot_of_hf_cache(FileSystem& fs, const std::string& cache_folder, const ModelRef& ref,
                                      const std::atomic<bool>* cancel);

}  // namespace pannier

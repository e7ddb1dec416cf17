// write_bundle: streams files into a new bundle. Page: docs/formats/bundle.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/transport/transfer.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"

namespace pannier {

// One model to write: `index_entry` as it will stand in the index, the two small blobs it names, and
// where each of its files lies now (source_paths[i] for index_entry.files[i]).
struct BundleModelSource {
  BundleModel index_entry;
  ManifestBlobs blobs;
  std::vector<std::string> source_paths;
};

struct BundleWriteResult {
  BundleStatement statement;
  uint64_t bundle_bytes = 0;
  uint64_t block_count = 0;
};

// What stands in the way of writing `bundle_bytes` to `path`: it exists (kInvalid unless `overwrite`),
// its folder does not (kNotFound), or too little space is free (kIo, with both numbers).
Status check_bundle_target(FileSystem& fs, const std::string& path, bool overwrite, uint64_t bundle_bytes);

// How large the bundle of these models will be, to the byte.
uint64_t bundle_bytes_of(const BundleIndex& layout);

// Writes to a temporary file beside `path`, syncs and renames it: readers see nothing, or all of it.
// Contents are hashed again while they are written: kCorrupt where a file is no longer what its
// ModelFile says ("changed while it was packed"). kIo, kInvalid, kLimit, kInterrupted; the temporary
// file is then gone. REQUIRES: models sorted by name.
Result<BundleWriteResult> write_bundle(FileSystem& fs, const std::vector<BundleModelSource>& models,
                                       const std::string& path, bool overwrite, const Transfer& transfer);

}  // namespace pannier

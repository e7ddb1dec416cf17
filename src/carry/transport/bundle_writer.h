// write_bundle: streams files into a new bundle, encoded where that makes it smaller, and signs it. Page:
// docs/formats/bundle.md.
#pragma once

#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/transport/head_writer.h"
#include "carry/transport/transfer.h"
#include "carry/transport/transport_plan.h"
#include "carry/transport/volumes/volume_set.h"
#include "format/bundle_index.h"
#include "format/bundle_statement.h"

namespace pannier {

// One model to write: `index_entry` as it will stand in the index, the small blobs it names, and
// where each of its files lies now (source_paths[i] for index_entry.files[i]).
struct BundleModelSource {
  BundleModel index_entry;
  ManifestBlobs blobs;
  std::vector<std::string> source_paths;
  std::vector<std::string> signatures = {};  // contents; signatures[i] is index_entry.signatures[i]
};

// Their entries, as the index lists them.
std::vector<BundleModel> index_entries(const std::vector<BundleModelSource>& models);

// Adds a signature of the model's files (a Sigstore bundle) where it is not there yet, in its place.
void add_model_signature(BundleModelSource& model, std::string contents);

struct BundleWriteOptions {
  std::string path;
  bool overwrite = false;
  BundleLayout layout = BundleLayout::kPlain;  // kEncoded: as `plan` says, weights encoded where it is silent
  TransportPlan plan = {};
  BundleClaim claim = {};
  VolumeOptions volumes = {};
  bool read_back = false;  // compare every byte with what the medium gives back
  uint32_t threads = 0;    // that encode; 0: as many as is good here. Does not change a byte
  Transfer transfer = {};  // in bytes of the data, as if nothing shrank
};

struct BundleWriteResult {
  BundleStatement statement;
  Digest statement_digest;         // of the contents of pannier/statement.json
  std::vector<std::string> files;  // what was made: the bundle, or volumes and parity
  uint64_t bundle_bytes = 0;
  BundleIndex index;  // as it stands in the bundle
};

// The index of the bundle of these models, as large as it can become: what a dry run tells. kInvalid, kLimit.
struct BundleOutline {
  BundleIndex index;
  uint64_t bundle_bytes = 0;
};
Result<BundleOutline> outline_bundle(const std::vector<BundleModelSource>& models,
                                     const BundleWriteOptions& options);

// Writes the bundle; nothing is visible under its name before it is whole and synced. Contents are hashed
// again while they are written: kCorrupt where a file is no longer what its ModelFile says ("changed while
// it was packed"). kIo, kInvalid, kLimit, kInterrupted; nothing of it is then left. REQUIRES: models sorted
// by name. Equal contents, plan, claim and keys give equal bytes, whatever the number of threads.
Result<BundleWriteResult> write_bundle(FileSystem& fs, const std::vector<BundleModelSource>& models,
                                       const BundleWriteOptions& options);

// Plain, in one file, unsigned.
Result<BundleWriteResult> write_bundle(FileSystem& fs, const std::vector<BundleModelSource>& models,
                                       const std::string& path, bool overwrite, const Transfer& transfer);

}  // namespace pannier

// pack_bundle: models, data sets and wheelhouses whose files lie on this machine become one signed bundle.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "carry/store/store.h"
#include "carry/transport/bundle_writer.h"

namespace pannier {

// Says what of these the far side holds already, or holds something alike to. Called once, when the digests
// of all files are known.
using PlanMaker = std::function<Result<TransportPlan>(const std::vector<BundleModel>&)>;

struct PackBundleOptions {
  std::string output;      // the bundle to write
  bool overwrite = false;  // replace a file that is there
  bool dry_run = false;    // lay out, but write nothing
  bool plain = false;      // every blob as it is, so that tar and scanners read all of it
  BundleClaim claim = {};  // its keys sign the bundle, and each model by itself
  PlanMaker plan = {};     // may be empty: nothing is held over there. REQUIRES: not `plain`
  VolumeOptions volumes = {};
  bool read_back = false;  // compare every byte with what the medium gives back
  uint32_t threads = 0;    // 0: as many as is good here
  Transfer transfer = {};
};

struct PackedModel {
  std::string name;
  std::string folder;  // empty for what came from a store
  ArtifactKind kind = ArtifactKind::kModel;
  uint64_t file_count = 0;
  uint64_t bytes = 0;         // of its files
  uint64_t bundle_bytes = 0;  // that they take in the bundle; what several share counts for the first
  uint64_t held_count = 0;    // files that the far side has
  uint64_t held_bytes = 0;
  uint64_t delta_count = 0;  // files that are told as changes of what the far side has
};

struct PackedBundle {
  std::vector<PackedModel> models;  // sorted by name
  uint64_t file_count = 0;
  uint64_t bytes = 0;         // of all files, before equal ones are stored once
  uint64_t bundle_bytes = 0;  // at most, in a dry run
  uint64_t block_count = 0;
  Digest payload_digest;
  Digest statement_digest;         // zero in a dry run
  std::vector<std::string> files;  // that were made: the bundle, or its volumes and parity
  BundleLayout layout = BundleLayout::kPlain;
  std::vector<BundleModel> contents;  // as the index lists them
};

// `path` is no file name, is a folder, or is there already (unless `overwrite`): kInvalid; its folder is not
// there: kNotFound. For refusing early; writing looks again.
Status check_bundle_path(FileSystem& fs, const std::string& path, bool overwrite);

// REQUIRES: sources sorted by name. kInvalid, kLimit, kIo, kCorrupt, kInterrupted as write_bundle.
Result<PackedBundle> pack_bundle(FileSystem& fs, std::vector<BundleModelSource> sources,
                                 const PackBundleOptions& options);

}  // namespace pannier

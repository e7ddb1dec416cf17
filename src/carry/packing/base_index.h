// BaseIndex: files that the far side holds and that lie in our store, to be found by model, path and size.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/packing/held_state.h"
#include "carry/store/store.h"
#include "carry/transport/transport_plan.h"
#include "format/oci.h"

namespace pannier {

// One of them.
struct BaseFile {
  std::string model;  // its name, with revision
  std::string path;
  BlobInfo blob;
  bool is_here = false;  // in our store, whole
};

class BaseIndex {
 public:
  // Reads the manifests of our store's newest references, and those that the far side has and our store still
  // keeps. Each blob is looked at once. kIo, kCorrupt.
  static Result<BaseIndex> read(FileSystem& fs, const Store& store, const HeldState& held);

  // The best base for a file, whether it is here or not; null where there is none.
  const BaseFile* find(const std::string& model, const ModelFile& file) const;
  // Whether the far side has something of that name, revisions apart, whose manifest is not in our store:
  // then nobody here knows what a base could be.
  bool is_unknown_here(const std::string& model) const;
  std::string file_of(const BaseFile& base) const { return store_->blob_path(base.blob.digest); }

 private:
  // False where our store does not have it.
  Result<bool> add_manifest(FileSystem& fs, const Digest& digest, const HeldState& held);
  void add_file(const std::string& model, const ModelFile& file);

  const Store* store_ = nullptr;
  std::map<Digest, bool> seen_manifests_;             // and whether they are here
  std::set<std::string, std::less<>> unknown_names_;  // without revisions
  std::vector<BaseFile> files_;
  // Into files_.
  std::multimap<std::string, size_t> by_path_;
  std::multimap<uint64_t, size_t> weights_by_bytes_;
};

}  // namespace pannier

// Marks: which blobs of a store are named by the lists of references that are kept.
#pragma once

#include <set>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"

namespace pannier {

class Marks {
 public:
  // Both must outlive the object.
  Marks(FileSystem& fs, const Store& store) : fs_(fs), store_(store) {}

  // Everything that a list names, and what its manifests name; each manifest is read once. kIncomplete,
  // kCorrupt where a manifest cannot be read.
  Status add(const ImageIndex& index);
  void add(const Digest& digest) { marked_.insert(digest); }

  bool contains(const Digest& digest) const { return marked_.contains(digest); }

 private:
  Status add_manifest(const Reference& reference, uint64_t generation);

  FileSystem& fs_;
  const Store& store_;
  std::set<Digest> marked_;
  std::set<Digest> manifests_;  // that were read
};

}  // namespace pannier

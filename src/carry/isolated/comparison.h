// compare: what would change between two sides, each a bundle, a receipt, a name of a store or a folder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"
#include "carry/transport/transfer.h"
#include "format/bundle_index.h"
#include "format/receipt.h"

namespace pannier {

// What one side has: models with their files; of a receipt, blobs without names.
struct ComparedSide {
  std::string what;  // for people: "the bundle a.pannier", "sst2-tiny in /srv/store"
  std::vector<BundleModel> models;
  std::optional<Receipt> receipt;
  std::map<Digest, std::string> places;  // files with these contents; none for what lies in a bundle
};

// A bundle (one file of it, or a volume), a receipt or a folder, by what lies at `path`. A folder is hashed:
// its regular files, but for hidden ones. Errors of whatever it is.
Result<ComparedSide> read_side(FileSystem& fs, const std::string& path, const Transfer& transfer);
// What a store holds under a name.
Result<ComparedSide> side_of_reference(const Store& store, const Reference& reference);

enum class FileChange { kSame, kAdded, kRemoved, kChanged };
const char* file_change_name(FileChange change);  // "same", "added", "removed", "changed"

struct ComparedFile {
  std::string model;  // as the second side calls it; the first where the second does not have it
  std::string path;
  FileChange change = FileChange::kSame;
  uint64_t bytes_before = 0;
  uint64_t bytes_after = 0;
};

struct ChangeSum {
  uint64_t count = 0;
  uint64_t bytes = 0;  // after; before, of what is removed
};

struct Comparison {
  std::vector<ComparedFile> files;  // by model, then path
  ChangeSum same, added, removed, changed;
  bool is_same() const { return added.count + removed.count + changed.count == 0; }
};

// From `before` to `after`. Models meet by name, revisions apart; where each side has one alone, these two.
// Against a receipt, contents are there ("same") or not ("added", "removed"); two receipts are compared by
// the manifests of their names, and their blobs.
Comparison compare_sides(const ComparedSide& before, const ComparedSide& after);

}  // namespace pannier

// Meets models and files by name, and tells them apart by digest.
#include "carry/isolated/comparison.h"

#include <algorithm>
#include <map>

#include "carry/packing/delta_plan.h"

namespace pannier {
namespace {

class Builder {
 public:
  void add(ComparedFile file) {
    ChangeSum& sum = sum_of(file.change);
    ++sum.count;
    sum.bytes += file.change == FileChange::kRemoved ? file.bytes_before : file.bytes_after;
    result_.files.push_back(std::move(file));
  }
  Comparison take() { return std::move(result_); }

 private:
  ChangeSum& sum_of(FileChange change) {
    switch (change) {
      case FileChange::kSame:
        return result_.same;
      case FileChange::kAdded:
        return result_.added;
      case FileChange::kRemoved:
        return result_.removed;
      case FileChange::kChanged:
        break;
    }
    return result_.changed;
  }

  Comparison result_;
};

// Both sorted by path.
void compare_files(const std::string& model, const std::vector<ModelFile>& before,
                   const std::vector<ModelFile>& after, Builder& builder) {
  auto old = before.begin();
  auto now = after.begin();
  while (old != before.end() || now != after.end()) {
    if (now == after.end() || (old != before.end() && old->path < now->path)) {
      builder.add({model, old->path, FileChange::kRemoved, old->bytes, 0});
      ++old;
    } else if (old == before.end() || now->path < old->path) {
      builder.add({model, now->path, FileChange::kAdded, 0, now->bytes});
      ++now;
    } else {
      const bool is_same = old->digest == now->digest && old->executable == now->executable;
      builder.add(
          {model, now->path, is_same ? FileChange::kSame : FileChange::kChanged, old->bytes, now->bytes});
      ++old;
      ++now;
    }
  }
}

Comparison compare_models(const ComparedSide& before, const ComparedSide& after) {
  Builder builder;
  const bool is_one_each = before.models.size() == 1 && after.models.size() == 1;
  const auto key = [&](const BundleModel& model) {
    return is_one_each ? std::string() : std::string(name_without_revision(model.name));
  };
  struct Pair {
    const BundleModel* before = nullptr;
    const BundleModel* after = nullptr;
  };
  // Two revisions of one name on a side meet one by one, in the order of their names.
  std::map<std::pair<std::string, size_t>, Pair> pairs;
  std::map<std::string, size_t> counts;
  for (const BundleModel& model : before.models) pairs[{key(model), counts[key(model)]++}].before = &model;
  counts.clear();
  for (const BundleModel& model : after.models) pairs[{key(model), counts[key(model)]++}].after = &model;
  const std::vector<ModelFile> none;
  for (const auto& [name, pair] : pairs) {
    compare_files(pair.after != nullptr ? pair.after->name : pair.before->name,
                  pair.before != nullptr ? pair.before->files : none,
                  pair.after != nullptr ? pair.after->files : none, builder);
  }
  return builder.take();
}

// Files of `side` against the blobs of a receipt; `missing` is what a file is called that it does not list.
Comparison compare_with_receipt(const ComparedSide& side, const Receipt& receipt, FileChange missing) {
  Builder builder;
  for (const BundleModel& model : side.models) {
    for (const ModelFile& file : model.files) {
      const bool is_held = holds(receipt, file.digest);
      builder.add({model.name, file.path, is_held ? FileChange::kSame : missing,
                   is_held || missing == FileChange::kRemoved ? file.bytes : 0,
                   is_held || missing == FileChange::kAdded ? file.bytes : 0});
    }
  }
  return builder.take();
}

// Names as files, with the sizes of their manifests left out: a receipt says no more of them.
std::vector<ModelFile> names_of(const Receipt& receipt) {
  std::vector<ModelFile> names;
  names.reserve(receipt.references.size());
  for (const ReceiptReference& reference : receipt.references) {
    names.push_back({reference.name, false, 0, reference.manifest});
  }
  return names;
}

Comparison compare_receipts(const Receipt& before, const Receipt& after) {
  Builder builder;
  compare_files("(names)", names_of(before), names_of(after), builder);
  std::vector<BlobInfo> gone, come;
  std::set_difference(before.blobs.begin(), before.blobs.end(), after.blobs.begin(), after.blobs.end(),
                      std::back_inserter(gone));
  std::set_difference(after.blobs.begin(), after.blobs.end(), before.blobs.begin(), before.blobs.end(),
                      std::back_inserter(come));
  for (const BlobInfo& blob : gone) {
    builder.add({"(blobs)", blob.digest.oci(), FileChange::kRemoved, blob.bytes, 0});
  }
  for (const BlobInfo& blob : come) {
    builder.add({"(blobs)", blob.digest.oci(), FileChange::kAdded, 0, blob.bytes});
  }
  return builder.take();
}

}  // namespace

const char* file_change_name(FileChange change) {
  switch (change) {
    case FileChange::kSame:
      return "same";
    case FileChange::kAdded:
      return "added";
    case FileChange::kRemoved:
      return "removed";
    case FileChange::kChanged:
      return "changed";
  }
  return "";
}

Comparison compare_sides(const ComparedSide& before, const ComparedSide& after) {
  if (before.receipt && after.receipt) return compare_receipts(*before.receipt, *after.receipt);
  if (before.receipt) return compare_with_receipt(after, *before.receipt, FileChange::kAdded);
  if (after.receipt) return compare_with_receipt(before, *after.receipt, FileChange::kRemoved);
  return compare_models(before, after);
}

}  // namespace pannier

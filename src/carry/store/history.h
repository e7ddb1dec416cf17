// The history of a store: what each generation changed, and how to go back. Page: docs/formats/store.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"

namespace pannier {

// One name that means something else in two lists.
struct ChangedReference {
  std::string name;
  std::optional<Reference> before;  // absent: it was added
  std::optional<Reference> after;   // absent: it was removed
};
// Sorted by name.
std::vector<ChangedReference> differences(const ImageIndex& before, const ImageIndex& after);

struct GenerationRecord {
  uint64_t number = 0;
  int64_t made_seconds = 0;  // since 1970, by the clock of the machine that made it
  uint64_t reference_count = 0;
  std::vector<ChangedReference> changes;  // against the generation before it, as far as that is kept
  bool is_damaged = false;                // then it says nothing
};
// Those that are kept, newest first, at most `count_max`.
Result<std::vector<GenerationRecord>> generation_history(FileSystem& fs, const Store& store,
                                                         uint64_t count_max);

struct RollbackRequest {
  std::string name;    // of a reference; empty: the whole list
  uint64_t steps = 1;  // generations back; with a name: changes of that name back
  std::optional<uint64_t> generation = std::nullopt;  // instead of steps: to what it said
  bool dry_run = false;
};

struct RollbackResult {
  uint64_t restored = 0;                  // the generation whose list, or reference, holds again
  uint64_t generation = 0;                // the store's now; with dry_run: as it was
  std::vector<ChangedReference> changes;  // none: everything was so already
};

// Writes a new generation that says what an earlier one said; history stays, so that going back can itself be
// undone. Channels do not go back: what was installed once is not new again (freshness,
// docs/formats/store.md). kNotFound (no such generation or name is kept), kIncomplete (blobs of it were
// collected), kStale (the store changed meanwhile), kIo.
Result<RollbackResult> roll_back(FileSystem& fs, const std::string& root, const RollbackRequest& request);

// Removes names (or what they are aliases of); their blobs stay until they are collected. All or none:
// kNotFound, naming the first that is not there. Gives the new generation.
struct RemoveResult {
  uint64_t generation = 0;
  std::vector<Reference> removed;
};
Result<RemoveResult> remove_references(FileSystem& fs, const std::string& root,
                                       const std::vector<std::string>& names);

}  // namespace pannier

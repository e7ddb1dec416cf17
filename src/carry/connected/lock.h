// lock: between what was resolved (snapshots, wheels) and what pannier.lock says of it.
// Page: docs/formats/lock.md.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/snapshot.h"
#include "format/lock_file.h"

namespace pannier {

// What a lock says of a snapshot. kInvalid where a file has no digest that could be locked (a folder's file
// that nobody has hashed).
Result<LockedSnapshot> lock_snapshot(const Snapshot& snapshot);

// Sorted as a lock wants them; equal names: kInvalid, naming both refs.
Result<LockFile> make_lock(const Digest& spec, const std::vector<Snapshot>& snapshots,
                           std::vector<LockedWheelhouse> wheelhouses);

// The other way, for source "hub": the snapshot at the locked commit, every file addressed at `endpoint`
// (without a trailing slash). Asks nobody. REQUIRES: locked.source == "hub".
Snapshot snapshot_of_lock(const LockedSnapshot& locked, const std::string& endpoint);

// kStale where `now` (resolved again) is not what was locked: names the first differences.
Status check_still_locked(const LockedSnapshot& locked, const Snapshot& now);

// One line of what a new lock would change.
struct LockChange {
  enum class Kind { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string name;    // of the snapshot, or "target: package"
  std::string before;  // "commit 0123abc, 5 files, 268 MB"; empty where added
  std::string after;   // empty where removed
};
std::vector<LockChange> compare_locks(const LockFile& before, const LockFile& after);

}  // namespace pannier

// Snapshots into a lock and back, and the difference of two locks.
#include "carry/connected/lock.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/bytes.h"
#include "base/display.h"
#include "carry/connected/hub/hub_errors.h"
#include "net/client/url.h"

namespace pannier {
namespace {

constexpr size_t kDifferencesNamedMax = 5;
constexpr size_t kShortCommit = 12;

std::string_view source_word(RefKind kind) {
  switch (kind) {
    case RefKind::kHub:
    case RefKind::kTask:
      return "hub";
    case RefKind::kHfCache:
      return "hf-cache";
    case RefKind::kPypi:
      return "pypi";
    case RefKind::kFolder:
      return "folder";
  }
  return "folder";
}

// Equal contents whatever digest each side names them by: a git id says nothing of a SHA-256.
bool same_file(const LockedFile& locked, const SnapshotFile& file) {
  if (locked.path != file.path || locked.bytes != file.bytes || locked.executable != file.executable)
    return false;
  if (locked.sha256) return file.id.sha256 == locked.sha256;
  return file.id.git_blob == locked.git;
}

std::string summary(const LockedSnapshot& snapshot) {
  uint64_t bytes = 0;
  for (const LockedFile& file : snapshot.files) bytes += file.bytes;
  std::string text;
  if (!snapshot.commit.empty()) text = "commit " + snapshot.commit.substr(0, kShortCommit) + ", ";
  return text + fmt::format("{} file{}", snapshot.files.size(), snapshot.files.size() == 1 ? "" : "s") +
         ", " + human_bytes(bytes);
}

std::map<std::string, const LockedWheel*> wheels_by_name(const LockFile& lock) {
  std::map<std::string, const LockedWheel*> wheels;
  for (const LockedWheelhouse& wheelhouse : lock.wheelhouses) {
    for (const LockedWheel& wheel : wheelhouse.wheels) {
      wheels[wheelhouse.target + ": " + wheel.package] = &wheel;
    }
  }
  return wheels;
}

std::map<std::string, const LockedSnapshot*> snapshots_by_name(const LockFile& lock) {
  std::map<std::string, const LockedSnapshot*> snapshots;
  for (const LockedSnapshot& snapshot : lock.snapshots) snapshots[snapshot.name] = &snapshot;
  return snapshots;
}

// Two maps of the same kind, in the order of their keys.
template <class Map, class Describe>
void compare_maps(const Map& before, const Map& after, Describe describe, std::vector<LockChange>& changes) {
  for (const auto& [name, old] : before) {
    const auto now = after.find(name);
    if (now == after.end()) {
      changes.push_back({LockChange::Kind::kRemoved, name, describe(*old), ""});
    } else if (!(*old == *now->second)) {
      changes.push_back({LockChange::Kind::kChanged, name, describe(*old), describe(*now->second)});
    }
  }
  for (const auto& [name, now] : after) {
    if (!before.contains(name)) changes.push_back({LockChange::Kind::kAdded, name, "", describe(*now)});
  }
}

}  // namespace

Result<LockedSnapshot> lock_snapshot(const Snapshot& snapshot) {
  LockedSnapshot locked;
  locked.ref = snapshot.ref.text;
  locked.kind = snapshot.ref.repo_type == RepoType::kDataset ? "dataset" : "model";
  locked.source = source_word(snapshot.ref.kind);
  locked.name = snapshot.name;
  locked.aliases = snapshot.aliases;
  locked.repo = snapshot.repo;
  locked.revision = snapshot.revision;
  locked.commit = snapshot.commit;
  locked.licence = snapshot.licence;
  locked.gated = snapshot.gated;
  locked.needed_by = snapshot.needed_by;
  std::sort(locked.aliases.begin(), locked.aliases.end());
  std::sort(locked.needed_by.begin(), locked.needed_by.end());
  for (const SnapshotFile& file : snapshot.files) {
    LockedFile entry{file.path, file.bytes, file.id.sha256, {}, file.executable};
    if (!entry.sha256) entry.git = file.id.git_blob;
    if (!entry.sha256 && !entry.git) {
      return Error{ErrorKind::kInvalid, fmt::format("{}: {} has no digest to lock", snapshot.name, file.path),
                   ""};
    }
    locked.files.push_back(std::move(entry));
  }
  return locked;
}

Result<LockFile> make_lock(const Digest& spec, const std::vector<Snapshot>& snapshots,
                           std::vector<LockedWheelhouse> wheelhouses) {
  LockFile lock;
  lock.spec = spec;
  for (const Snapshot& snapshot : snapshots) {
    PANNIER_ASSIGN(LockedSnapshot locked, lock_snapshot(snapshot));
    lock.snapshots.push_back(std::move(locked));
  }
  std::sort(lock.snapshots.begin(), lock.snapshots.end(),
            [](const LockedSnapshot& a, const LockedSnapshot& b) { return a.name < b.name; });
  for (size_t i = 1; i < lock.snapshots.size(); ++i) {
    const LockedSnapshot& a = lock.snapshots[i - 1];
    const LockedSnapshot& b = lock.snapshots[i];
    if (a.name != b.name) continue;
    return Error{ErrorKind::kInvalid,
                 fmt::format("\"{}\" and \"{}\" would both be called \"{}\"", a.ref, b.ref, a.name),
                 "give one of them a name of its own: { ref = \"…\", name = \"…\" }"};
  }
  lock.wheelhouses = std::move(wheelhouses);
  std::sort(lock.wheelhouses.begin(), lock.wheelhouses.end(),
            [](const LockedWheelhouse& a, const LockedWheelhouse& b) { return a.target < b.target; });
  for (LockedWheelhouse& wheelhouse : lock.wheelhouses) {
    std::sort(wheelhouse.wheels.begin(), wheelhouse.wheels.end(),
              [](const LockedWheel& a, const LockedWheel& b) {
                return std::tie(a.package, a.filename) < std::tie(b.package, b.filename);
              });
  }
  return lock;
}

Snapshot snapshot_of_lock(const LockedSnapshot& locked, const std::string& endpoint) {
  Snapshot snapshot;
  snapshot.ref.text = locked.ref;
  snapshot.ref.kind = RefKind::kHub;
  snapshot.ref.repo_type = locked.kind == "dataset" ? RepoType::kDataset : RepoType::kModel;
  snapshot.ref.repo = locked.repo;
  snapshot.ref.revision = locked.commit;
  snapshot.name = locked.name;
  snapshot.aliases = locked.aliases;
  snapshot.repo = locked.repo;
  snapshot.commit = locked.commit;
  snapshot.revision = locked.revision;
  snapshot.licence = locked.licence;
  snapshot.gated = locked.gated;
  snapshot.needed_by = locked.needed_by;
  snapshot.source = repo_page(endpoint, snapshot.ref.repo_type, percent_encode(locked.repo, true));
  for (const LockedFile& file : locked.files) {
    SnapshotFile entry;
    entry.path = file.path;
    entry.bytes = file.bytes;
    entry.id = {file.sha256, file.git};
    entry.executable = file.executable;
    entry.url = repo_file_address(snapshot.source, locked.commit, file.path);
    snapshot.files.push_back(std::move(entry));
  }
  return snapshot;
}

Status check_still_locked(const LockedSnapshot& locked, const Snapshot& now) {
  std::vector<std::string> differences;
  for (const LockedFile& file : locked.files) {
    const SnapshotFile* found = now.find(file.path);
    if (found == nullptr) {
      differences.push_back(file.path + " is gone");
    } else if (!same_file(file, *found)) {
      differences.push_back(file.path + " has changed");
    }
  }
  for (const SnapshotFile& file : now.files) {
    const bool was_there = std::any_of(locked.files.begin(), locked.files.end(),
                                       [&](const LockedFile& other) { return other.path == file.path; });
    if (!was_there) differences.push_back(file.path + " is new");
  }
  if (differences.empty()) return {};
  std::string text;
  for (size_t i = 0; i < differences.size() && i < kDifferencesNamedMax; ++i) {
    text += (i == 0 ? "" : ", ") + for_message(differences[i]);
  }
  if (differences.size() > kDifferencesNamedMax) {
    text += fmt::format(" and {} more", differences.size() - kDifferencesNamedMax);
  }
  return Error{ErrorKind::kStale, fmt::format("{} is not what the lock says: {}", locked.ref, text),
               "see what would change with `pannier lock --update --dry-run`"};
}

std::vector<LockChange> compare_locks(const LockFile& before, const LockFile& after) {
  std::vector<LockChange> changes;
  compare_maps(
      snapshots_by_name(before), snapshots_by_name(after),
      [](const LockedSnapshot& snapshot) { return summary(snapshot); }, changes);
  compare_maps(
      wheels_by_name(before), wheels_by_name(after),
      [](const LockedWheel& wheel) { return wheel.version + " (" + wheel.filename + ")"; }, changes);
  return changes;
}

}  // namespace pannier

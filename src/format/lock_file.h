// LockFile: what a specification meant when it was resolved, down to each file's digest.
// Page: docs/formats/lock.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

inline constexpr uint64_t kLockVersion = 1;

struct LockedFile {
  std::string path;  // a valid SafePath
  uint64_t bytes = 0;
  // Exactly one of them.
  std::optional<Digest> sha256;
  std::optional<Sha1> git;
  bool executable = false;

  friend bool operator==(const LockedFile&, const LockedFile&) = default;
};

struct LockedSnapshot {
  std::string ref;     // as asked for, or what a dependency was resolved from
  std::string kind;    // "model" or "dataset"
  std::string source;  // "hub", "hf-cache", "pypi" or "folder"
  std::string name;    // a ref name
  std::vector<std::string> aliases;
  std::string repo;
  std::string revision;
  std::string commit;
  std::string licence;
  std::string gated;
  std::vector<std::string> needed_by;
  std::vector<LockedFile> files;  // sorted by path, no collisions, at least one

  friend bool operator==(const LockedSnapshot&, const LockedSnapshot&) = default;
};

struct LockedWheel {
  std::string package;  // normalised (PEP 503)
  std::string version;
  std::string filename;
  std::string url;  // as the index gave it; empty for a wheel that was built or found in a folder
  uint64_t bytes = 0;
  Digest sha256;

  friend bool operator==(const LockedWheel&, const LockedWheel&) = default;
};

struct LockedWheelhouse {
  std::string target;
  std::vector<std::string> requirements;  // the roots, as asked for
  std::vector<std::string> notes;         // for people: "a newer pip is carried along: …"
  std::vector<LockedWheel> wheels;        // sorted by package, then filename; at least one

  friend bool operator==(const LockedWheelhouse&, const LockedWheelhouse&) = default;
};

struct LockFile {
  Digest spec;                                // of canonical_spec
  std::vector<LockedSnapshot> snapshots;      // sorted by name, no name twice
  std::vector<LockedWheelhouse> wheelhouses;  // sorted by target, no target twice
};

// Canonical. REQUIRES: sorted as said.
std::string write_lock_file(const LockFile& lock);

// kCorrupt: syntax, types, digests, unsafe paths, collisions, order; kUnsupported: a newer version;
// kLimit. `what` names the file.
Result<LockFile> parse_lock_file(std::string_view toml, std::string_view what);

// The wheels of one target as a PEP 751 lock of their own ("pylock.toml").
std::string write_pylock(const LockedWheelhouse& wheelhouse);

}  // namespace pannier

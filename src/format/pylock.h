// pylock: the lock files of Python packages (PEP 751, "pylock.toml"), read as resolvers write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

namespace pannier {

struct PylockFile {
  std::string filename;  // plain: no folder, no control characters
  std::string url;       // as written: an address, also "file:"; empty: `path` says where it is
  std::string path;      // as written
  std::optional<uint64_t> bytes;
  std::optional<Digest> sha256;
};

struct PylockPackage {
  std::string name;     // normalised (PEP 503)
  std::string version;  // as written; empty where the lock names none
  std::string marker;   // when it is to be installed; empty: always
  std::vector<PylockFile> wheels;
  std::optional<PylockFile> sdist;
  // "vcs" or "directory" where the package comes from there and not from files.
  std::string other_source;
};

// The packages in the order of the file; a wheel or an sdist that a requirement gave the address of
// ("archive") stands among the others. `what` names the file in messages. kCorrupt: syntax, types, names that
// are no file names, digests that are none, a package with nothing to get it from, or said twice under one
// marker; kUnsupported: a lock-version other than 1.x; kLimit above limits::kWheelsMax wheels.
Result<std::vector<PylockPackage>> parse_pylock(std::string_view toml, std::string_view what);

}  // namespace pannier

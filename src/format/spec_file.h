// SpecFile: what a person asks for, as pannier.toml says it. Page: docs/formats/lock.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pannier {

struct SpecEntry {
  std::string ref;   // as the command line takes it
  std::string name;  // on the far side; empty: the ref's own
  bool all_files = false;
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

struct SpecPython {
  std::vector<std::string> requirements;
  std::vector<std::string> requirements_files;  // paths as written
  std::vector<std::string> constraints;         // paths as written
  std::vector<std::string> targets;
  std::string torch;
  std::string index_url;
  std::vector<std::string> extra_index_urls;
  std::vector<std::string> find_links;  // paths as written
  bool build_sdists = false;

  bool asks_for_wheels() const { return !requirements.empty() || !requirements_files.empty(); }
};

struct SpecFile {
  std::vector<SpecEntry> models;
  std::vector<SpecEntry> datasets;  // refs with their prefix "datasets/"
  bool closure = true;
  SpecPython python;
};

// `what` names the file in messages. kCorrupt: syntax; kInvalid: unknown keys, wrong types, nothing asked
// for, requirements without targets.
Result<SpecFile> parse_spec_file(std::string_view toml, std::string_view what);

// One canonical text for everything it asks for: its digest ties a lock to a specification.
std::string canonical_spec(const SpecFile& spec);

}  // namespace pannier

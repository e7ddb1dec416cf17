// Snapshot: every file of one repository at one commit, with upstream's digests: what a ref resolves to
// before anything is fetched.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "carry/connected/model_ref.h"

namespace pannier {

// How upstream names contents. At least one is set.
struct UpstreamId {
  std::optional<Digest> sha256;  // LFS, wheels, our own
  std::optional<Sha1> git_blob;  // SHA-1 of "blob SIZE\0" and the contents

  friend bool operator==(const UpstreamId&, const UpstreamId&) = default;
};

// Whether these are the contents that upstream names: every digest that is set agrees. True where none is.
bool contents_match(const UpstreamId& id, std::string_view contents);

struct SnapshotFile {
  std::string path;  // a valid SafePath
  uint64_t bytes = 0;
  UpstreamId id;
  bool executable = false;
  // Where the bytes are: an address (hub), or a path of this machine (folders, caches, unpacked wheels).
  std::string url;
  std::string local_path;
};

struct LeftOutFile {
  std::string path;
  uint64_t bytes = 0;
  std::string reason;  // "TensorFlow weights; model.safetensors is taken", "--exclude", …
};

struct Snapshot {
  ModelRef ref;
  std::string name;                  // the ref name on the far side: "org/name" or "org/name@revision"
  std::vector<std::string> aliases;  // other names it was asked for by: "name", "old-org/name"
  // The Hub's own facts; empty for folders.
  std::string repo;      // canonical, after redirects
  std::string commit;    // 40 hexadecimal characters
  std::string revision;  // as asked for; "main" where none was
  std::string licence;   // from the model card; empty where it says nothing
  std::string gated;     // "", "auto" or "manual"
  std::string pipeline_tag;
  std::string library;
  std::string last_modified;  // ISO 8601, as the Hub writes it
  bool is_private = false;
  std::vector<std::string> tags;  // "conversational", "license:mit", …: the first thousand
  std::string source;             // for people: "https://huggingface.co/org/name", "folder /x", "pypi x 1.0"

  std::vector<SnapshotFile> files;    // sorted by path; what is to be taken
  std::vector<LeftOutFile> left_out;  // sorted by path
  std::vector<std::string> warnings;
  std::vector<std::string>
      needed_by;  // empty for what was asked for; else "org/adapter: adapter_config.json …"

  uint64_t total_bytes() const;
  // Null where there is none. REQUIRES: files sorted by path.
  const SnapshotFile* find(std::string_view path) const;
};

}  // namespace pannier

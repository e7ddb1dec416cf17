// The Hub's two JSON answers that matter: what a repository is, and which files it holds at a commit.
//
// Both come from a server that nobody vouches for: names go through SafePath, digests and sizes are
// checked, and the number of files is bounded before they are kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/safe_path.h"
#include "carry/connected/snapshot.h"

namespace pannier {

struct RepoInfo {
  std::string id;      // canonical "org/name"; valid by check_repo_id
  std::string commit;  // 40 lower-case hexadecimal characters
  std::string licence;
  std::string gated;  // "", "auto" or "manual"
  std::string pipeline_tag;
  std::string library;
  std::string last_modified;
  std::vector<std::string> tags;
  bool is_private = false;
  bool is_disabled = false;
};

// The answer of /api/models/ID/revision/REV. `what` names it in messages. kCorrupt, kLimit.
Result<RepoInfo> parse_repo_info(std::string_view json, std::string_view what);

// Gathers the pages of /api/models/ID/tree/COMMIT?recursive=true.
class TreeListing {
 public:
  // kCorrupt: no listing, a name that could leave its folder or collides with another, a size or digest
  // that is none; kLimit: more than limits::kFilesPerModelMax files.
  Status add_page(std::string_view json, std::string_view what);
  // All files, sorted by path; `url` is for the caller to set.
  std::vector<SnapshotFile> take();

 private:
  Status add_entry(JsonValue entry, std::string_view what);
  Status add_file(const JsonReader& reader, JsonValue entry, std::string_view what);

  std::vector<SnapshotFile> files_;
  SafePathSet paths_;
  uint64_t entries_ = 0;  // folders too
  uint64_t total_bytes_ = 0;
};

}  // namespace pannier

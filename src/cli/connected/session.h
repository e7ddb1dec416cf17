// Session: what pack, fetch and lock work with on the connected side: the client, the Hub, the store, and the
// steps from what is wanted to what lies in the store.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "carry/connected/fetch.h"
#include "carry/connected/plan.h"
#include "carry/connected/wheels/wheel_fetch.h"
#include "carry/connected/wheels/wheel_plan.h"
#include "cli/connected/wanted.h"
#include "format/lock_file.h"

namespace pannier {

// What was wanted, resolved: nothing is fetched yet.
struct Resolved {
  Plan plan;
  std::vector<LockedWheelhouse> wheelhouses;
  std::vector<PlannedWheel> local_wheels;
  std::vector<std::string> warnings;

  // Snapshots that come from folders of this machine are packed from there; the others go through the store.
  std::vector<Snapshot> fetched_snapshots() const;
  std::vector<Snapshot> folder_snapshots() const;
  bool has_errors() const;  // a finding of severity error
};

class Session {
 public:
  // Reads proxies, certificates and the token; opens (or makes) the store that is written to, unless
  // `with_store` is false: then only `resolve` of folders may be asked.
  static Result<std::unique_ptr<Session>> open(const ConnectionOptions& options, bool with_store);

  Result<Resolved> resolve(const SpecFile& spec);
  // Exactly what the lock says; kStale where upstream or a folder no longer has it. Of `python` only the
  // places where wheels come from count.
  Result<Resolved> resolve_locked(const LockFile& lock, const SpecPython& python);
  // Digests of every file of folder snapshots, for a lock.
  Status hash_folders(std::vector<Snapshot>& snapshots) const;
  // Fetches and commits; what is held is not fetched again.
  Result<FetchResult> fetch(const Resolved& resolved, bool json);
  // Which files are in the store already, snapshot by snapshot.
  Result<std::vector<HeldFile>> held(const Snapshot& snapshot) const;

  Store& store() { return *store_; }
  FileSystem& file_system() { return fs_; }
  const std::string& endpoint() const { return resolver_->hub().endpoint(); }

 private:
  explicit Session(FileSystem& fs) : fs_(fs) {}
  Result<WheelTools*> wheel_tools();
  Result<Snapshot> resolve_pypi(const ModelRef& ref);
  Status plan_wheelhouses(const SpecPython& python, Resolved& resolved);
  DownloadOptions download_options() const;

  FileSystem& fs_;
  ConnectionOptions options_;
  std::unique_ptr<HttpClient> client_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<SnapshotResolver> resolver_;
  std::unique_ptr<WheelTools> tools_;
  SpecPython python_;  // where wheels come from
  std::string downloads_folder_;
  std::string work_folder_;
  std::vector<HttpHeader> hub_headers_;
};

}  // namespace pannier

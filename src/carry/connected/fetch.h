// fetch: what snapshots name comes into a store: held blobs are kept, the others downloaded or read from
// this machine, all checked against upstream's digests, committed in one step.
#pragma once

#include <string>
#include <vector>

#include "carry/connected/download/download.h"
#include "carry/connected/snapshot.h"
#include "carry/connected/wheels/wheel_fetch.h"
#include "carry/store/store.h"

namespace pannier {

struct FetchOptions {
  std::string downloads_folder;     // where unfinished and finished downloads lie; made where missing
  std::vector<HttpHeader> headers;  // for every request to a snapshot's url: its Authorization
  DownloadOptions download;         // `folder` and events.done are ours
};

// What is there already, before anything is fetched: for plans.
struct HeldFile {
  bool held = false;
  std::optional<Digest> sha256;  // where known
};
// One for each file of the snapshot, in its order. Reads no contents.
Result<std::vector<HeldFile>> held_files(FileSystem& fs, const Store& store, const Snapshot& snapshot,
                                         const std::string& downloads_folder);

struct FetchedSnapshot {
  std::string name;
  Reference reference;  // as committed
  uint64_t file_count = 0;
  uint64_t bytes = 0;
  uint64_t bytes_held = 0;  // of them, in the store before
};

struct FetchResult {
  std::vector<FetchedSnapshot> snapshots;    // in the order asked for
  std::vector<FetchedSnapshot> wheelhouses;  // likewise
  DownloadTotals totals;
};

// Everything or nothing becomes visible; what was downloaded stays for the next run. kCorrupt: contents are
// not what upstream says, or a local file changed; all that download_all and a commit return.
Result<FetchResult> fetch_into_store(FileSystem& fs, HttpClient& client, const Store& store,
                                     const std::vector<Snapshot>& snapshots,
                                     const std::vector<Wheelhouse>& wheelhouses, const FetchOptions& options);

// The manifest of a snapshot whose files have these digests (one each, in order).
ModelManifest manifest_of_snapshot(const Snapshot& snapshot, const std::vector<Digest>& digests);

}  // namespace pannier

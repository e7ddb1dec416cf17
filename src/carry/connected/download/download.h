// Downloads files: many at once, in ranges, checked while they stream, resumed across processes.
//
// A folder of downloads keeps, for each file in work, the bytes so far and a journal of what of them is
// known good (docs/internals/download.md tells the format and why a crash does no harm). A file leaves it
// only after upstream's digest matched.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "carry/connected/snapshot.h"
#include "net/client/http.h"
#include "net/client/retry.h"

namespace pannier {

struct DownloadItem {
  std::string label;  // for people: "org/name: model.safetensors"
  Url url;
  std::vector<HttpHeader> headers;  // an Authorization goes to the url's own origin only
  uint64_t bytes = 0;               // as upstream's listing says
  UpstreamId id;
  std::string commit;  // where set, X-Repo-Commit must say the same
};

struct DownloadedFile {
  std::string path;  // in the downloads folder, "KEY.whole"; the caller moves it away, or it is found again
  Digest sha256;
  uint64_t bytes = 0;
};

// All calls come from one thread at a time, though not always from the same.
struct DownloadEvents {
  // Once, before anything else, from download_all: what will be fetched; items count from 0 in it.
  std::function<void(const std::vector<DownloadItem>& items)> begin;
  std::function<void(size_t item, uint64_t bytes_done)>
      progress;  // verified or written so far; never falls but after a refetch
  std::function<void(size_t item, const std::string& what)>
      note;  // "retrying in 2 s: …", "resuming at 1.2 GB"
  // In any order, each item once; items of the same contents one after the other with the same path.
  std::function<Status(size_t item, const DownloadedFile& file)> done;
};

struct DownloadOptions {
  std::string folder;            // made where missing; one process at a time holds a file
  uint32_t connections_max = 8;  // all files together
  // What a crash may lose of each connection. A request asks for as many blocks in a row as make its waiting
  // for the first byte small, up to run_blocks_max. A file already begun keeps the block size it began with.
  uint64_t block_bytes = 4 * 1024 * 1024;
  uint32_t run_blocks_max = 16;
  RetryPolicy retry;
  const std::atomic<bool>* cancel = nullptr;
  DownloadEvents events;
};

struct DownloadTotals {
  uint64_t bytes_fetched = 0;  // over the network
  uint64_t bytes_resumed = 0;  // found from before, and right
  uint32_t retries = 0;
};

// Fetches all items, or fails with the first error that trying again cannot mend (what was fetched stays
// for the next run). An item without a digest is kInvalid. kCorrupt: contents do not match upstream's digest
// twice over, or the server does not keep to HTTP; kStale: the file changed upstream; kNotFound, kDenied,
// kNetwork, kIo (full disk), kLimit, kInterrupted; what `done` returned.
Result<DownloadTotals> download_all(FileSystem& fs, HttpClient& client,
                                    const std::vector<DownloadItem>& items, const DownloadOptions& options);

}  // namespace pannier

// Downloader: the threads of a download and what they share: which file and which blocks come next.
#pragma once

#include <condition_variable>
#include <deque>
#include <set>
#include <thread>

#include "carry/connected/download/download.h"
#include "carry/connected/download/exchange.h"
#include "carry/connected/download/known_digests.h"
#include "carry/connected/download/run_length.h"

namespace pannier {

// Three kinds of threads: workers, one for each connection, that open files and fetch runs of blocks;
// hashers, that read large files back as they grow and finish them (small ones are finished by their
// worker); and one that syncs what is large, now and then.
class Downloader {
 public:
  Downloader(FileSystem& fs, HttpClient& client, const std::vector<DownloadItem>& items,
             const DownloadOptions& options);

  // Once.
  Result<DownloadTotals> run();

 private:
  // One content and where it comes from.
  struct Work {
    std::vector<size_t> items;  // all those of this content; the first one's address is asked
    DownloadKey key;
    std::shared_ptr<PartFile> part;  // once it is open
    DownloadSource source;
    bool is_probed = false;  // a server has answered for it
    bool is_hashing = false;
    bool is_repaired = false;
    bool is_streaming = false;  // a connection takes the whole of it
    bool waits_for_other = false;
    uint32_t connections = 0;
    uint64_t reported_bytes = 0;  // guarded by events_mutex_
  };

  struct Job {
    enum class Kind { kOpen, kFetch, kWaitForOthers, kNothingLeft } kind = Kind::kNothingLeft;
    Work* work = nullptr;
    BlockRun run;
  };

  Status plan();
  // Threads.
  void work();
  void hash();
  void sync_now_and_then();
  // Jobs.
  Job next_job();
  std::optional<Job> next_run();
  Status open(Work& work);
  void fetch(Work& work, BlockRun run);
  Status fetch_run(Work& work, PartFile& part, BlockRun run);
  ExchangeResult exchange(Work& work, const PartFile& part, BlockWriter& writer);
  Status retry(Work& work, const ExchangeResult& result, uint32_t& tries);
  Status wait_for_others();
  Work* next_to_hash();
  Status advance(Work& work);
  Status finish(Work& work);
  Status repair(Work& work, const ContentDigests& digests);
  Status hand_over(Work& work, const ContentDigests& digests);
  Status remove_leftover_journals();
  // What all threads use. None but check_going may be called with mutex_ held.
  Status check_going() const;
  Status wait(std::chrono::milliseconds time);
  void fail(Error error);
  void report(Work& work, const PartFile& part, bool always);
  void note(const Work& work, const std::string& what);
  const DownloadItem& item_of(const Work& work) const { return items_[work.items.front()]; }

  FileSystem& fs_;
  HttpClient& client_;
  const std::vector<DownloadItem>& items_;
  const DownloadOptions& options_;
  std::unique_ptr<KnownDigests> known_;

  mutable std::mutex mutex_;  // guards all below, and what is in a Work
  std::condition_variable changed_;
  std::deque<Work> works_;        // never moved: jobs point into it
  std::deque<Work*> waiting_;     // not begun
  std::vector<Work*> active_;     // open, in the order they were begun
  std::vector<Work*> elsewhere_;  // another process has them
  bool is_waiting_for_others_ = false;
  size_t done_count_ = 0;
  std::vector<std::string> leftover_journals_;  // of whole files that may not be on the disk yet
  std::set<std::string> whole_only_origins_;
  RunLength run_length_;
  DownloadTotals totals_;
  std::optional<Error> error_;
  std::atomic<bool> stopping_{false};

  std::mutex events_mutex_;  // held while the caller's functions run
};

}  // namespace pannier

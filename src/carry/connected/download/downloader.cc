#include "carry/connected/download/downloader.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "base/threads.h"
#include "carry/connected/download/answer_check.h"

namespace pannier {
namespace {

constexpr uint64_t kHashAtOnceBytes = 64 * 1024 * 1024;
constexpr uint64_t kReportEveryBytes = 64 * 1024;
constexpr uint64_t kSyncEveryBytes = 256 * 1024 * 1024;
constexpr std::chrono::milliseconds kSyncEvery{5000};
constexpr std::chrono::milliseconds kSyncCheckEvery{500};
constexpr std::chrono::milliseconds kOthersCheckEvery{1000};
constexpr std::chrono::milliseconds kCancelCheckEvery{100};
constexpr uint32_t kHashersMax = 4;
// Files open at once, a connection: beyond those that are fetched, some wait for their digest.
constexpr size_t kActivePerConnection = 4;
constexpr uint32_t kConnectionsMax = 256;

Error interrupted() { return {ErrorKind::kInterrupted, "interrupted", "run it again to go on"}; }

std::string seconds_text(std::chrono::milliseconds time) {
  return fmt::format("{:.1f} s", std::chrono::duration<double>(time).count());
}

std::string blocks_text(const std::vector<uint32_t>& blocks, uint64_t block_bytes) {
  constexpr size_t kShownMax = 5;
  std::string text;
  for (size_t i = 0; i < std::min(blocks.size(), kShownMax); ++i) {
    text += fmt::format("{}{}", i == 0 ? "" : ", ", uint64_t{blocks[i]} * block_bytes);
  }
  if (blocks.size() > kShownMax) text += fmt::format(" and {} more", blocks.size() - kShownMax);
  return text;
}

}  // namespace

Downloader::Downloader(FileSystem& fs, HttpClient& client, const std::vector<DownloadItem>& items,
                       const DownloadOptions& options)
    : fs_(fs), client_(client), items_(items), options_(options), run_length_(options.run_blocks_max) {}

Result<DownloadTotals> Downloader::run() {
  PANNIER_TRY(plan());
  if (works_.empty()) return totals_;
  const bool is_new = !fs_.stat(options_.folder).ok();
  PANNIER_TRY(fs_.make_folders(options_.folder));
  if (is_new) PANNIER_TRY(fs_.sync_folder(parent_folder(options_.folder)));
  PANNIER_ASSIGN(known_, KnownDigests::load(fs_, options_.folder));
  const uint32_t connections = std::clamp(options_.connections_max, 1u, kConnectionsMax);
  const uint32_t hashers = std::min(kHashersMax, usable_processor_count());
  std::vector<std::thread> threads;
  threads.reserve(connections + hashers + 1);
  for (uint32_t i = 0; i < connections; ++i) threads.emplace_back([this] { work(); });
  for (uint32_t i = 0; i < hashers; ++i) {
    threads.emplace_back([this] { hash(); });
  }
  threads.emplace_back([this] { sync_now_and_then(); });
  for (std::thread& thread : threads) thread.join();
  if (error_) return *error_;
  PANNIER_TRY(remove_leftover_journals());
  return totals_;
}

// One sync for all of them. Not done where the download failed: the next one finds them.
Status Downloader::remove_leftover_journals() {
  if (leftover_journals_.empty()) return {};
  PANNIER_TRY(fs_.sync_all(options_.folder));
  for (const std::string& journal : leftover_journals_) (void)fs_.remove_file(journal);  // at worst, litter
  return {};
}

// Items of the same contents are one piece of work.
Status Downloader::plan() {
  if (options_.block_bytes == 0) return Error{ErrorKind::kInvalid, "blocks of a download have no bytes", ""};
  std::map<std::string, Work*> by_key;
  for (size_t i = 0; i < items_.size(); ++i) {
    const DownloadItem& item = items_[i];
    if (!item.id.sha256 && !item.id.git_blob) {
      return Error{ErrorKind::kInvalid, item.label + " cannot be checked: upstream gives no digest of it",
                   ""};
    }
    if (block_count_of(item.bytes, options_.block_bytes) > kDownloadBlocksMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{} is said to have {} bytes; at most {} are fetched", item.label, item.bytes,
                               kDownloadBlocksMax * options_.block_bytes),
                   ""};
    }
    const DownloadKey key{item.id, item.bytes};
    Work*& work = by_key[key.name()];
    if (work == nullptr) {
      work = &works_.emplace_back();
      work->key = key;
      waiting_.push_back(work);
    }
    work->items.push_back(i);
  }
  return {};
}

// ---- Threads ----

void Downloader::work() {
  while (true) {
    const Job job = next_job();
    Status status;
    switch (job.kind) {
      case Job::Kind::kNothingLeft:
        return;
      case Job::Kind::kOpen:
        status = open(*job.work);
        break;
      case Job::Kind::kFetch:
        fetch(*job.work, job.run);
        break;
      case Job::Kind::kWaitForOthers:
        status = wait_for_others();
        break;
    }
    if (!status.ok()) fail(std::move(status).error());
  }
}

void Downloader::hash() {
  while (Work* work = next_to_hash()) {
    if (Status status = advance(*work); !status.ok()) fail(std::move(status).error());
  }
}

void Downloader::sync_now_and_then() {
  auto last = std::chrono::steady_clock::now();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_ && done_count_ < works_.size()) {
    changed_.wait_for(lock, kSyncCheckEvery);
    const bool is_time = std::chrono::steady_clock::now() - last >= kSyncEvery;
    std::vector<std::shared_ptr<PartFile>> parts;
    for (const Work* work : active_) {
      if (work->part) parts.push_back(work->part);
    }
    lock.unlock();
    for (const auto& part : parts) {
      if (Status status = part->sync(is_time ? 1 : kSyncEveryBytes); !status.ok()) {
        fail(std::move(status).error());
      }
    }
    if (is_time) last = std::chrono::steady_clock::now();
    lock.lock();
  }
}

// ---- Which job ----

Downloader::Job Downloader::next_job() {
  std::unique_lock<std::mutex> lock(mutex_);
  const size_t active_max = kActivePerConnection * std::max(1u, options_.connections_max);
  while (!stopping_ && done_count_ < works_.size()) {
    if (auto job = next_run()) return *job;
    if (!waiting_.empty() && active_.size() < active_max) {
      Work* work = waiting_.front();
      waiting_.pop_front();
      active_.push_back(work);
      return {Job::Kind::kOpen, work, {}};
    }
    if (active_.empty() && waiting_.empty() && !elsewhere_.empty() && !is_waiting_for_others_) {
      is_waiting_for_others_ = true;
      return {Job::Kind::kWaitForOthers, nullptr, {}};
    }
    changed_.wait(lock);
  }
  return {};
}

// REQUIRES: mutex_ held. The first open file that has blocks to fetch and room for another connection: one
// only, until a server has answered for it, and one only where the server gives it as a whole.
std::optional<Downloader::Job> Downloader::next_run() {
  for (Work* work : active_) {
    if (!work->part) continue;
    const bool is_shared = work->is_probed && !work->source.whole_only;
    if (!is_shared && work->connections > 0) continue;
    const uint32_t connections = std::max(1u, options_.connections_max);
    // A fair share of what is left, so that all connections end together.
    const uint32_t share = work->part->missing_count() / (2 * connections) + 1;
    const uint32_t blocks = connections == 1 ? options_.run_blocks_max
                                             : std::min(share, run_length_.blocks(work->part->block_bytes()));
    const auto run = work->part->take_run(std::max(1u, blocks));
    if (!run) continue;
    ++work->connections;
    work->is_streaming = work->source.whole_only;
    return Job{Job::Kind::kFetch, work, *run};
  }
  return std::nullopt;
}

Downloader::Work* Downloader::next_to_hash() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_ && done_count_ < works_.size()) {
    for (Work* work : active_) {
      if (!work->part || work->is_hashing || !work->part->can_hash()) continue;
      work->is_hashing = true;
      return work;
    }
    changed_.wait(lock);
  }
  return nullptr;
}

// ---- Opening ----

Status Downloader::open(Work& work) {
  PANNIER_ASSIGN(
      std::unique_ptr<PartFile> opened,
      PartFile::open(fs_, options_.folder, work.key,
                     {.block_bytes = options_.block_bytes, .check_going = [this] { return check_going(); }}));
  if (opened == nullptr) {
    if (!work.waits_for_other) note(work, "another process fetches it; waiting for that");
    const std::lock_guard<std::mutex> guard(mutex_);
    work.waits_for_other = true;
    std::erase(active_, &work);
    elsewhere_.push_back(&work);
    changed_.notify_all();
    return {};
  }
  const std::shared_ptr<PartFile> part = std::move(opened);
  const uint64_t resumed_bytes = part->bytes_resumed();
  const auto found = part->found_whole();
  if (resumed_bytes > 0 && !found) note(work, "resuming at " + human_bytes(resumed_bytes));
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    work.part = part;
    work.source.whole_only = whole_only_origins_.contains(item_of(work).url.origin());
    work.is_hashing = found.has_value();  // nothing left to hash
    if (!found) changed_.notify_all();
  }
  report(work, *part, true);
  if (found) return hand_over(work, *found);
  return {};
}

// The file is another process's: looks again after a while.
Status Downloader::wait_for_others() {
  Status waited = wait(kOthersCheckEvery);
  const std::lock_guard<std::mutex> guard(mutex_);
  is_waiting_for_others_ = false;
  waiting_.insert(waiting_.end(), elsewhere_.begin(), elsewhere_.end());
  elsewhere_.clear();
  changed_.notify_all();
  return waited;
}

// ---- Fetching ----

void Downloader::fetch(Work& work, BlockRun run) {
  std::shared_ptr<PartFile> part;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    part = work.part;
  }
  Status status = fetch_run(work, *part, run);
  bool is_small = false;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    --work.connections;
    if (work.connections == 0) work.is_streaming = false;
    // One block is hashed by who fetched it: handing it to another thread would take longer.
    is_small = status.ok() && part->block_count() == 1 && !work.is_hashing && part->can_hash();
    if (is_small) work.is_hashing = true;
    if (!is_small) changed_.notify_all();
  }
  if (is_small) status = advance(work);
  if (!status.ok()) fail(std::move(status).error());
}

Status Downloader::fetch_run(Work& work, PartFile& part, BlockRun run) {
  BlockWriter writer(part, run);
  uint32_t tries = 0;
  while (!writer.is_done()) {
    PANNIER_TRY(check_going());
    const uint32_t completed_before = writer.completed_count();
    const ExchangeResult result = exchange(work, part, writer);
    // Tries are counted from the last progress: a link that drops every minute is slow, not broken.
    if (writer.completed_count() > completed_before) tries = 0;
    switch (result.end) {
      case ExchangeEnd::kDone:
      case ExchangeEnd::kWholeOnly:
        return {};
      case ExchangeEnd::kFailed:
        return result.error;
      case ExchangeEnd::kExpired: {
        const std::lock_guard<std::mutex> guard(mutex_);
        work.source.resolved.reset();
        break;
      }
      case ExchangeEnd::kTransient:
        break;
    }
    PANNIER_TRY(retry(work, result, tries));
  }
  return {};
}

ExchangeResult Downloader::exchange(Work& work, const PartFile& part, BlockWriter& writer) {
  DownloadSource source;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    source = work.source;
  }
  Exchange::Hooks hooks;
  hooks.learned = [&](const DownloadSource& learned) -> Status {
    const std::lock_guard<std::mutex> guard(mutex_);
    work.source = learned;
    work.is_probed = true;
    if (!learned.whole_only_origin.empty()) whole_only_origins_.insert(learned.whole_only_origin);
    changed_.notify_all();
    return {};
  };
  hooks.may_take_whole = [&] {
    const std::lock_guard<std::mutex> guard(mutex_);
    return !std::exchange(work.is_streaming, true);
  };
  uint32_t completed = writer.completed_count();
  hooks.received = [&](uint64_t) {
    if (writer.completed_count() != completed) {
      completed = writer.completed_count();
      if (writer.block_bytes() < work.key.bytes) {
        const std::lock_guard<std::mutex> guard(mutex_);
        changed_.notify_all();  // a hasher may get on
      }
    }
    report(work, part, false);
    return check_going();
  };
  ExchangeResult result = Exchange(client_, item_of(work), std::move(source), writer, hooks).run();
  const std::lock_guard<std::mutex> guard(mutex_);
  totals_.bytes_fetched += result.bytes_received;
  run_length_.learn(result.waited, result.streamed, result.bytes_received);
  return result;
}

Status Downloader::retry(Work& work, const ExchangeResult& result, uint32_t& tries) {
  const RetryPolicy& policy = options_.retry;
  const auto give_up = [&] {
    Error error = result.error;
    if (tries > 1) error.message += fmt::format(" (tried {} times)", tries);
    return error;
  };
  if (++tries >= policy.tries_max) return give_up();
  const bool is_expired = result.end == ExchangeEnd::kExpired;
  const std::chrono::milliseconds asked = result.retry_after.value_or(std::chrono::milliseconds(0));
  if (asked > policy.retry_after_max) return give_up();
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    ++totals_.retries;
  }
  if (is_expired) {
    note(work, "the storage host's address has expired; asking for a new one");
    return {};
  }
  const std::chrono::milliseconds time = std::max(backoff(policy, tries), asked);
  note(work, fmt::format("trying again in {}: {}", seconds_text(time), result.error.message));
  return wait(time);
}

// ---- Hashing and finishing ----

// REQUIRES: work.is_hashing was set by the caller.
Status Downloader::advance(Work& work) {
  PartFile& part = *work.part;  // nobody takes it away while is_hashing
  while (true) {
    PANNIER_TRY(check_going());
    PANNIER_ASSIGN(const PartFile::Hashing state, part.hash_some(kHashAtOnceBytes));
    if (state == PartFile::Hashing::kEnded) return finish(work);
    if (state == PartFile::Hashing::kGoesOn) continue;
    const std::lock_guard<std::mutex> guard(mutex_);
    if (part.can_hash()) continue;  // since we looked
    work.is_hashing = false;
    changed_.notify_all();  // a block may have turned out to be missing
    return {};
  }
}

Status Downloader::finish(Work& work) {
  PartFile& part = *work.part;
  const ContentDigests digests = part.finish_hash();
  if (!digests.match(work.key.id)) return repair(work, digests);
  if (work.key.bytes <= kLfsPointerBytesMax) {
    PANNIER_ASSIGN(const std::string contents, part.beginning(kLfsPointerBytesMax));
    if (begins_as_lfs_pointer(contents)) {
      PANNIER_TRY(part.discard());
      return is_lfs_pointer(item_of(work), item_of(work).url);
    }
  }
  const std::vector<uint32_t> differing = part.differing_blocks();
  if (!differing.empty()) {
    note(work, fmt::format("was damaged on the way, at bytes {}; fetched again, and right now",
                           blocks_text(differing, part.block_bytes())));
  }
  PANNIER_TRY(part.finish());
  return hand_over(work, digests);
}

Status Downloader::repair(Work& work, const ContentDigests& digests) {
  PartFile& part = *work.part;
  const DownloadItem& item = item_of(work);
  const std::string found = digests_text(digests, work.key.id);
  if (!work.is_repaired && work.key.bytes > 0) {
    note(work, fmt::format("its contents are {} instead of {}; fetching it once more to find the damage",
                           found, upstream_id_text(work.key.id)));
    part.begin_repair();
    const std::lock_guard<std::mutex> guard(mutex_);
    work.is_repaired = true;
    work.is_hashing = false;
    changed_.notify_all();
    return {};
  }
  const std::vector<uint32_t> differing = part.differing_blocks();
  const std::string where = differing.empty()
                                ? "both times the same"
                                : fmt::format("the two differ in blocks of {} bytes, at bytes {}",
                                              part.block_bytes(), blocks_text(differing, part.block_bytes()));
  PANNIER_TRY(part.discard());
  return Error{
      ErrorKind::kCorrupt,
      fmt::format("{} is not what upstream published: expected {}, found {} ({} bytes, fetched twice; "
                  "{})",
                  item.label, upstream_id_text(work.key.id), found, work.key.bytes, where),
      differing.empty() ? "the server at " + address_for_message(item.url) +
                              " has other contents than its listing says; try another mirror"
                        : "the network or a proxy damages what it carries; nothing of it was kept"};
}

Status Downloader::hand_over(Work& work, const ContentDigests& digests) {
  if (work.key.id.git_blob && digests.git_blob) {
    PANNIER_TRY(known_->add(*digests.git_blob, work.key.bytes, digests.sha256));
  }
  report(work, *work.part, true);
  const DownloadedFile file{work.part->whole_path(), digests.sha256, work.key.bytes};
  {
    const std::lock_guard<std::mutex> events_guard(events_mutex_);
    for (const size_t item : work.items) {
      if (options_.events.done) PANNIER_TRY(options_.events.done(item, file));
    }
  }
  const std::lock_guard<std::mutex> guard(mutex_);
  totals_.bytes_resumed += work.part->bytes_resumed();
  if (!work.part->leftover_journal().empty()) leftover_journals_.push_back(work.part->leftover_journal());
  work.part.reset();
  std::erase(active_, &work);
  ++done_count_;
  changed_.notify_all();
  return {};
}

// ---- What all use ----

Status Downloader::check_going() const {
  if (options_.cancel != nullptr && options_.cancel->load()) return interrupted();
  if (stopping_) return interrupted();  // another thread failed, and its error is the one to tell
  return {};
}

Status Downloader::wait(std::chrono::milliseconds time) {
  if (options_.retry.wait) return options_.retry.wait(time);
  const auto end = std::chrono::steady_clock::now() + time;
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    PANNIER_TRY(check_going());
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= decltype(left)::zero()) return {};
    changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(left, kCancelCheckEvery));
  }
}

void Downloader::fail(Error error) {
  const std::lock_guard<std::mutex> guard(mutex_);
  if (!error_) error_ = std::move(error);
  stopping_ = true;
  changed_.notify_all();
}

void Downloader::report(Work& work, const PartFile& part, bool always) {
  if (!options_.events.progress) return;
  std::unique_lock<std::mutex> lock(events_mutex_, std::defer_lock);
  if (always) lock.lock();
  if (!lock.owns_lock() && !lock.try_lock()) return;  // the caller is busy: no reason to stop a connection
  const uint64_t bytes = part.bytes_there();
  const uint64_t before = work.reported_bytes;
  const bool is_news = bytes < before || bytes - before >= kReportEveryBytes || bytes == work.key.bytes;
  if (!always && !is_news) return;
  work.reported_bytes = bytes;
  for (const size_t item : work.items) options_.events.progress(item, bytes);
}

void Downloader::note(const Work& work, const std::string& what) {
  if (!options_.events.note) return;
  const std::lock_guard<std::mutex> guard(events_mutex_);
  options_.events.note(work.items.front(), what);
}

}  // namespace pannier

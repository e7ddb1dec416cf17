#include "carry/transport/volumes/strip_plan.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/threads.h"

namespace pannier {
namespace {

constexpr uint32_t kStripThreadsMax = 4;

uint64_t stripe_bytes(const VolumeSetShape& set, uint32_t group) {
  return (set.data_shards(group) + set.parity_shards(group)) * set.block_bytes;
}

// In order.
std::vector<Strip> plan_strips(const VolumeSetShape& set) {
  constexpr uint64_t kStripBytes = 8 * limits::kMiB;
  std::vector<Strip> strips;
  for (uint32_t group = 0; group < set.parity.groups; ++group) {
    const uint64_t step = std::max<uint64_t>(1, kStripBytes / stripe_bytes(set, group));
    for (uint64_t first = 0; first < set.stripe_count(); first += step) {
      strips.push_back({group, first, std::min(step, set.stripe_count() - first)});
    }
  }
  return strips;
}

// The first error of several threads, and how much is done. Thread-safe, but `finish`.
class SharedProgress {
 public:
  SharedProgress(const Transfer& transfer, uint64_t total) : transfer_(transfer), total_(total) {
    transfer_.report(0, total_);
  }
  bool failed() const { return failed_; }
  void fail(Error error) {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    failed_ = true;
  }
  // The thread that called the operation reports for all.
  void add(uint64_t bytes, bool may_report) {
    done_ += bytes;
    if (!may_report) return;
    transfer_.report(done_, total_);
    if (Status status = transfer_.check_cancel(); !status.ok()) fail(std::move(status).error());
  }
  Status finish() {
    if (error_) return *std::move(error_);
    transfer_.report(total_, total_);
    return transfer_.check_cancel();
  }

 private:
  const Transfer& transfer_;
  const uint64_t total_;
  std::atomic<uint64_t> done_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
};

}  // namespace

Status for_each_strip(const VolumeSetShape& set, const Transfer& transfer,
                      const std::function<Status(const Strip& strip, Bytes& memory)>& work) {
  const std::vector<Strip> strips = plan_strips(set);
  uint64_t total = 0;
  for (const Strip& strip : strips) total += strip.count * stripe_bytes(set, strip.group);
  ThreadPool pool(std::min(kStripThreadsMax, usable_processor_count()));
  std::vector<Bytes> memory(pool.thread_count());
  SharedProgress progress(transfer, total);
  pool.parallel_for(strips.size(), [&](size_t index, uint32_t thread) {
    if (progress.failed()) return;
    const Strip& strip = strips[index];
    Status status = work(strip, memory[thread]);
    if (!status.ok()) progress.fail(std::move(status).error());
    progress.add(strip.count * stripe_bytes(set, strip.group), thread == 0);
  });
  return progress.finish();
}

}  // namespace pannier

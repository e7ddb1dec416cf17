// Lanes take segments in order; the calling thread reports progress and opens more lanes.
#include "carry/transport/segment_lanes.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace pannier {
namespace {

// Enough for the first ones to say how fast the medium is.
constexpr uint64_t kMeasuredBytesMin = 4 * limits::kBlockBytes;

class Lanes {
 public:
  Lanes(const SegmentContext& context, const std::vector<BundleSegment>& segments, const LaneOptions& options,
        const Transfer& transfer)
      : context_(context), segments_(segments), options_(options), transfer_(transfer) {}

  Status run();

 private:
  void run_lane(bool is_first);
  bool take_segment(bool is_first, size_t& segment);
  void set_result(size_t segment, Status status);
  void add_block(const BlockTimes& times);
  Status check_stop(size_t segment);
  bool wants_a_lane() const;  // REQUIRES: mutex_ is held
  bool is_fast() const;       // REQUIRES: mutex_ is held
  void open_lane();           // REQUIRES: mutex_ is held

  const SegmentContext& context_;
  const std::vector<BundleSegment>& segments_;
  const LaneOptions& options_;
  const Transfer& transfer_;

  std::mutex mutex_;
  std::condition_variable changed_;
  size_t next_ = 0;
  size_t running_ = 0;
  size_t failed_ = SIZE_MAX;  // the first segment that has an error
  Status error_;
  BlockTimes times_;  // in all
  std::vector<std::thread> lanes_;
};

bool Lanes::is_fast() const {
  return times_.bytes >= kMeasuredBytesMin && times_.read_nanoseconds < times_.digest_nanoseconds;
}

bool Lanes::wants_a_lane() const {
  if (running_ >= options_.lanes_max || next_ >= segments_.size() || failed_ != SIZE_MAX) return false;
  return options_.at_once || is_fast();
}

void Lanes::open_lane() {
  const bool is_first = lanes_.empty();
  ++running_;
  lanes_.emplace_back([this, is_first] { run_lane(is_first); });
}

bool Lanes::take_segment(bool is_first, size_t& segment) {
  const std::lock_guard lock(mutex_);
  const bool goes_on = is_first || options_.at_once || is_fast();
  if (goes_on && next_ < segments_.size() && next_ < failed_) {
    segment = next_++;
    return true;
  }
  --running_;
  changed_.notify_all();
  return false;
}

void Lanes::run_lane(bool is_first) {
  for (size_t segment = 0; take_segment(is_first, segment);) {
    const SegmentHooks hooks{[this, segment] { return check_stop(segment); },
                             [this](const BlockTimes& times) { add_block(times); }};
    set_result(segment, read_segment(context_, segments_[segment], hooks));
  }
}

void Lanes::set_result(size_t segment, Status status) {
  if (status.ok()) return;
  const std::lock_guard lock(mutex_);
  if (segment >= failed_) return;
  failed_ = segment;
  error_ = std::move(status);
}

Status Lanes::check_stop(size_t segment) {
  PANNIER_TRY(transfer_.check_cancel());
  const std::lock_guard lock(mutex_);
  if (segment < failed_) return {};
  return Error{ErrorKind::kInterrupted, "an earlier part of the bundle was refused", ""};
}

void Lanes::add_block(const BlockTimes& times) {
  const std::lock_guard lock(mutex_);
  times_.bytes += times.bytes;
  times_.read_nanoseconds += times.read_nanoseconds;
  times_.digest_nanoseconds += times.digest_nanoseconds;
  changed_.notify_all();
}

Status Lanes::run() {
  const uint64_t total = context_.index.data_bytes;
  transfer_.report(0, total);
  std::unique_lock lock(mutex_);
  open_lane();
  for (uint64_t reported = 0; running_ > 0 || reported != times_.bytes;) {
    changed_.wait(lock, [&] { return running_ == 0 || times_.bytes != reported || wants_a_lane(); });
    if (wants_a_lane()) open_lane();
    if (times_.bytes == reported) continue;
    reported = times_.bytes;
    lock.unlock();
    transfer_.report(reported, total);
    lock.lock();
  }
  lock.unlock();
  for (std::thread& lane : lanes_) lane.join();
  PANNIER_TRY(transfer_.check_cancel());
  return error_;
}

}  // namespace

Status read_segments(const SegmentContext& context, const std::vector<BundleSegment>& segments,
                     const LaneOptions& options, const Transfer& transfer) {
  return Lanes(context, segments, options, transfer).run();
}

}  // namespace pannier

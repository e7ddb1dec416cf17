// SharedProgress: the first error of several threads that work on one thing, and how much of it is done.
#pragma once

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "base/result.h"
#include "carry/transport/transfer.h"

namespace pannier {

// Thread-safe, but `finish`. `transfer` must outlive it.
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
    transfer_.report(std::min<uint64_t>(done_, total_), total_);
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

}  // namespace pannier

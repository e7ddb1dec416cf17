// What every long operation on a bundle takes from its caller: where to report progress, and a flag
// that asks it to stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/result.h"

namespace pannier {

struct Transfer {
  // Called from the thread that called the operation, at least once, about every 4 MiB; bytes_done
  // never falls and reaches bytes_total on success. May be empty.
  std::function<void(uint64_t bytes_done, uint64_t bytes_total)> progress;
  // Set from anywhere (a signal handler): the operation then ends with kInterrupted and leaves
  // nothing half-done. May be null. Must outlive the operation.
  const std::atomic<bool>* cancel = nullptr;

  void report(uint64_t bytes_done, uint64_t bytes_total) const {
    if (progress) progress(bytes_done, bytes_total);
  }
  // kInterrupted where the flag is set.
  Status check_cancel() const;
};

}  // namespace pannier

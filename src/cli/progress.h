// A progress bar on standard error for work measured in bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "carry/transport/transfer.h"

namespace pannier {

// On a terminal one line that redraws itself and is wiped at the end; elsewhere (a file, a CI log) a
// plain line every ten seconds, so that short work says nothing. Nothing at all with --quiet.
class Progress {
 public:
  // `label` as "packing". Must outlive the Transfer it gives.
  explicit Progress(std::string label);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Reports here, and stops on Ctrl-C.
  Transfer transfer();
  // Wipes the bar, so that results can be printed.
  void finish();

 private:
  using Clock = std::chrono::steady_clock;
  void update(uint64_t bytes_done, uint64_t bytes_total);
  std::string label_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point start_;
  Clock::time_point next_;
};

}  // namespace pannier

// RunLength: how many blocks a request should ask for, from what the last ones took.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace pannier {

// A request waits for its first byte before it streams. On a near server that is nothing, and short runs keep
// the blocks in order for the digest; on a far one a run must be long enough that waiting is a small part.
class RunLength {
 public:
  explicit RunLength(uint32_t blocks_max) : blocks_max_(std::max(1u, blocks_max)) {}

  // One request's waiting, and how long `bytes` of its body took.
  void learn(std::chrono::nanoseconds waited, std::chrono::nanoseconds streamed, uint64_t bytes) {
    if (bytes == 0) return;
    mix(wait_seconds_, std::chrono::duration<double>(waited).count());
    mix(seconds_per_byte_, std::chrono::duration<double>(streamed).count() / static_cast<double>(bytes));
  }

  // So many that waiting takes at most a twentieth of streaming.
  uint32_t blocks(uint64_t block_bytes) const {
    constexpr double kStreamedPerWaited = 20;
    const double block_seconds = seconds_per_byte_ * static_cast<double>(block_bytes);
    if (block_seconds <= 0) return 1;
    const double blocks = kStreamedPerWaited * wait_seconds_ / block_seconds;
    return blocks >= blocks_max_ ? blocks_max_ : std::max(1u, static_cast<uint32_t>(blocks + 0.999));
  }

 private:
  // A moving mean, which one odd request does not turn over.
  static void mix(double& mean, double value) { mean = mean == 0 ? value : 0.75 * mean + 0.25 * value; }

  uint32_t blocks_max_;
  double wait_seconds_ = 0;
  double seconds_per_byte_ = 0;
};

}  // namespace pannier

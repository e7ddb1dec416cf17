// ByteStream: a connection as the HTTP code sees it, over TCP, over TLS, or in a test's memory.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// How long to wait, and who may end the wait earlier.
struct Patience {
  using Clock = std::chrono::steady_clock;

  Clock::time_point deadline = Clock::time_point::max();  // for all that is done with it
  std::chrono::milliseconds idle{30'000};                 // for each single wait
  const std::atomic<bool>* cancel = nullptr;              // looked at every 100 ms; may be null

  // kInterrupted once the flag is set.
  Status check_cancel() const;
};

// Not thread-safe. Both calls may wait as long as the patience of the connection lasts: kNetwork for a
// timeout and for a connection that broke; kInterrupted.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  // What has come in, at least one byte and not more than `out` holds; 0: the peer closed its side.
  virtual Result<size_t> read_some(MutableByteSpan out) = 0;
  virtual Status write_all(ByteSpan bytes) = 0;
  // A read would not wait: bytes are there, or the end, or an error.
  virtual bool readable() = 0;
  // The peer closed or reset the connection; known from the calls above only.
  virtual bool hung_up() const = 0;
  virtual void set_deadline(Patience::Clock::time_point deadline) = 0;
};

}  // namespace pannier

// ThreadPool: a few blocking worker threads that share the tiles of one loop at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace pannier {

// Workers sleep when idle (no spinning). The caller's thread takes part, so a pool of 1 starts no
// thread. Thread-safe; loops from several threads run one after the other.
class ThreadPool {
 public:
  // REQUIRES: 1 <= thread_count <= limits::kThreadsMax.
  explicit ThreadPool(uint32_t thread_count);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  uint32_t thread_count() const;

  // Calls body(index, thread) once for each index in [0, count), thread in [0, thread_count()), and
  // returns when all are done. Which thread takes which index is not fixed: a body writes only what
  // its index owns, and uses `thread` only for scratch memory. The body must not throw or call back
  // into the pool.
  void parallel_for(size_t count, const std::function<void(size_t index, uint32_t thread)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Processors this process may run on (affinity mask), at least 1.
uint32_t usable_processor_count();

}  // namespace pannier

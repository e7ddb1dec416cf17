// OpContext: what an operation needs to run - kernels, threads, scratch memory - and no model.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/threads.h"
#include "run/ops/kernels.h"
#include "run/tensor/matrix.h"

namespace pannier {

// One stream of work. Either it spreads each operation over a pool, or it stays on its own thread while
// other contexts run beside it; results are the same bit for bit. Not thread-safe.
class OpContext {
 public:
  // `pool` null: everything on the calling thread. Both must outlive the context.
  OpContext(const Kernels& kernels, ThreadPool* pool);

  const Kernels& kernels() const { return *kernels_; }
  uint32_t thread_count() const { return static_cast<uint32_t>(scratch_.size()); }

  // body(index, thread) for each index in [0, count); see ThreadPool::parallel_for.
  void for_each(size_t count, const std::function<void(size_t index, uint32_t thread)>& body) const;

  // Memory of one thread, at least `count` floats, undefined contents; valid until the next call for
  // the same thread.
  float* scratch(uint32_t thread, size_t count);

 private:
  const Kernels* kernels_;
  ThreadPool* pool_;
  std::vector<FloatBuffer> scratch_;  // one a thread
};

}  // namespace pannier

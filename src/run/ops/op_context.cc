// Where operations get their threads and scratch memory: see op_context.h.
#include "run/ops/op_context.h"

#include <cassert>

namespace pannier {

OpContext::OpContext(const Kernels& kernels, ThreadPool* pool)
    : kernels_(&kernels), pool_(pool), scratch_(pool == nullptr ? 1 : pool->thread_count()) {}

void OpContext::for_each(size_t count, const std::function<void(size_t index, uint32_t thread)>& body) const {
  if (pool_ != nullptr && count > 1) {
    pool_->parallel_for(count, body);
    return;
  }
  for (size_t index = 0; index < count; ++index) body(index, 0);
}

float* OpContext::scratch(uint32_t thread, size_t count) {
  assert(thread < scratch_.size());
  scratch_[thread].reserve(count);
  return scratch_[thread].data();
}

}  // namespace pannier

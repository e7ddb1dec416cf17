#include "base/threads.h"

#include <sched.h>

#include <cassert>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/limits.h"

namespace pannier {

// One loop at a time. `epoch` tells workers that a new loop is there; indices are taken one by one
// under the mutex: tiles are large (tens of microseconds and more), so the lock is not felt, and a
// mutex is what the thread sanitizer and the reader understand.
struct ThreadPool::State {
  std::mutex loop_mutex;  // held by the caller of parallel_for for its whole loop
  std::mutex mutex;
  std::condition_variable work_ready;
  std::condition_variable work_done;
  const std::function<void(size_t, uint32_t)>* body = nullptr;
  size_t next = 0;
  size_t count = 0;
  size_t unfinished = 0;  // indices not yet done
  bool stopping = false;
  std::vector<std::thread> workers;

  // Takes and runs indices until none is left to take. REQUIRES: lock held; held again on return.
  void take_all(std::unique_lock<std::mutex>& lock, uint32_t thread) {
    while (next < count) {
      const size_t index = next++;
      const auto* current = body;
      lock.unlock();
      (*current)(index, thread);
      lock.lock();
      if (--unfinished == 0) work_done.notify_all();
    }
  }

  void work(uint32_t thread) {
    std::unique_lock<std::mutex> lock(mutex);
    while (true) {
      work_ready.wait(lock, [&] { return stopping || next < count; });
      if (stopping) return;
      take_all(lock, thread);
    }
  }
};

ThreadPool::ThreadPool(uint32_t thread_count) : state_(std::make_unique<State>()) {
  assert(thread_count >= 1 && thread_count <= limits::kThreadsMax);
  for (uint32_t thread = 1; thread < thread_count; ++thread) {
    state_->workers.emplace_back([state = state_.get(), thread] { state->work(thread); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard<std::mutex> lock(state_->mutex);
    state_->stopping = true;
  }
  state_->work_ready.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

uint32_t ThreadPool::thread_count() const { return static_cast<uint32_t>(state_->workers.size()) + 1; }

void ThreadPool::parallel_for(size_t count, const std::function<void(size_t, uint32_t)>& body) {
  if (count == 0) return;
  const std::lock_guard<std::mutex> loop_lock(state_->loop_mutex);
  if (count == 1 || state_->workers.empty()) {
    for (size_t index = 0; index < count; ++index) body(index, 0);
    return;
  }
  std::unique_lock<std::mutex> lock(state_->mutex);
  state_->body = &body;
  state_->next = 0;
  state_->count = count;
  state_->unfinished = count;
  state_->work_ready.notify_all();
  state_->take_all(lock, 0);
  state_->work_done.wait(lock, [&] { return state_->unfinished == 0; });
  state_->body = nullptr;
}

uint32_t usable_processor_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return static_cast<uint32_t>(count);
  }
  const unsigned count = std::thread::hardware_concurrency();
  return count == 0 ? 1 : count;
}

}  // namespace pannier

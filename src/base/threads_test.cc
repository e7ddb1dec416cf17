#include "base/threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace pannier {
namespace {

TEST(ThreadPool, RunsEachIndexOnce) {
  for (const uint32_t threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.thread_count(), threads);
    for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{1000}}) {
      std::vector<std::atomic<int>> calls(count);
      std::atomic<bool> thread_in_range{true};
      pool.parallel_for(count, [&](size_t index, uint32_t thread) {
        ++calls[index];
        if (thread >= threads) thread_in_range = false;
      });
      for (const auto& value : calls) EXPECT_EQ(value, 1);
      EXPECT_TRUE(thread_in_range);
    }
  }
}

TEST(ThreadPool, LoopsFromSeveralThreadsTakeTurns) {
  ThreadPool pool(3);
  std::atomic<int> total{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      for (int round = 0; round < 50; ++round) pool.parallel_for(7, [&](size_t, uint32_t) { ++total; });
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(total, 4 * 50 * 7);
}

TEST(ThreadPool, CountsUsableProcessors) { EXPECT_GE(usable_processor_count(), 1u); }

}  // namespace
}  // namespace pannier

// Tests of where operations get threads and scratch memory.
#include "run/ops/op_context.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "run/ops/dispatch.h"

namespace pannier {
namespace {

TEST(OpContextTest, WithoutAPoolEverythingStaysOnTheThread) {
  const OpContext context(active_kernels(), nullptr);
  EXPECT_EQ(context.thread_count(), 1u);
  std::vector<size_t> order;
  const std::thread::id here = std::this_thread::get_id();
  context.for_each(5, [&](size_t index, uint32_t thread) {
    EXPECT_EQ(thread, 0u);
    EXPECT_EQ(std::this_thread::get_id(), here);
    order.push_back(index);
  });
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 3, 4}));
}

TEST(OpContextTest, WithAPoolEveryIndexIsVisitedOnce) {
  ThreadPool pool(3);
  const OpContext context(active_kernels(), &pool);
  EXPECT_EQ(context.thread_count(), 3u);
  std::vector<std::atomic<int>> visits(100);
  context.for_each(visits.size(), [&](size_t index, uint32_t thread) {
    EXPECT_LT(thread, 3u);
    ++visits[index];
  });
  for (const std::atomic<int>& count : visits) EXPECT_EQ(count, 1);
}

TEST(OpContextTest, ScratchMemoryOfTwoThreadsIsApart) {
  ThreadPool pool(2);
  OpContext context(active_kernels(), &pool);
  float* first = context.scratch(0, 100);
  float* second = context.scratch(1, 100);
  EXPECT_TRUE(second + 100 <= first || first + 100 <= second);
  EXPECT_EQ(context.scratch(0, 50), first);
}

}  // namespace
}  // namespace pannier

// Every stripe of every group is worked on once, whichever thread takes it; errors and cancelling end it.
#include "carry/transport/volumes/strip_plan.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <vector>

#include "base/limits.h"

namespace pannier {
namespace {

// Several groups, and shards of more stripes than one strip has.
VolumeSetShape shape() {
  VolumeSetShape set;
  set.bundle_bytes = 10 * limits::kGiB;
  set.block_bytes = choose_block_bytes(set.bundle_bytes, 0);
  set.parity = choose_parity_shape(set.bundle_bytes, 0, set.block_bytes, 10, 0);
  return set;
}

TEST(StripPlan, VisitsEveryStripeOnceInPortionsThatFitMemory) {
  const VolumeSetShape set = shape();
  std::mutex mutex;
  std::map<uint32_t, std::vector<int>> visits;
  uint64_t last_done = 0;
  uint64_t total = 0;
  Transfer transfer;
  transfer.progress = [&](uint64_t done, uint64_t all) {
    EXPECT_GE(done, last_done);
    last_done = done;
    total = all;
  };
  const Status done = for_each_strip(set, transfer, [&](const Strip& strip, Bytes&) -> Status {
    const std::lock_guard lock(mutex);
    const uint64_t shards = set.data_shards(strip.group) + set.parity_shards(strip.group);
    EXPECT_LE(strip.count * shards * set.block_bytes, 16 * limits::kMiB);
    std::vector<int>& stripes = visits[strip.group];
    stripes.resize(set.stripe_count());
    for (uint64_t i = 0; i < strip.count; ++i) ++stripes.at(strip.first + i);
    return {};
  });
  ASSERT_TRUE(done.ok()) << done.error().to_string();
  ASSERT_EQ(visits.size(), set.parity.groups);
  for (const auto& [group, stripes] : visits) {
    EXPECT_EQ(stripes, std::vector<int>(set.stripe_count(), 1)) << group;
  }
  EXPECT_GE(total, set.bundle_bytes);
  EXPECT_EQ(last_done, total);
}

TEST(StripPlan, EndsWithAnError) {
  std::atomic<int> calls{0};
  const Status done = for_each_strip(shape(), {}, [&](const Strip&, Bytes&) -> Status {
    if (++calls == 3) return Error{ErrorKind::kIo, "the third", ""};
    return {};
  });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().message, "the third");
}

TEST(StripPlan, StopsWhenAsked) {
  const std::atomic<bool> cancel{true};
  Transfer transfer;
  transfer.cancel = &cancel;
  const Status done = for_each_strip(shape(), transfer, [](const Strip&, Bytes&) { return Status(); });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::kInterrupted);
}

}  // namespace
}  // namespace pannier

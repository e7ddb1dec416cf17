#include "base/bytes.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(HumanBytes, UsesDecimalUnits) {
  const std::pair<uint64_t, const char*> samples[] = {
      {0, "0 B"},          {999, "999 B"},        {1000, "1.0 kB"},      {999'949, "999.9 kB"},
      {999'950, "1.0 MB"}, {9'501'234, "9.5 MB"}, {1ull << 40, "1.1 TB"}};
  for (const auto& [bytes, text] : samples) EXPECT_EQ(human_bytes(bytes), text);
}

}  // namespace
}  // namespace pannier

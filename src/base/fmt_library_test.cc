// What the other units ask of libfmt is in the one that compiles it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pannier {
namespace {

TEST(FmtLibrary, FormatsWhatMessagesHold) {
  EXPECT_EQ(fmt::format("{} {:>6} {:08x}", "name", 42, 0xbeefu), "name     42 0000beef");
  EXPECT_EQ(fmt::format("{:.2f} {} {}", 2.5, 0.1, 1e300), "2.50 0.1 1e+300");
  EXPECT_EQ(fmt::format("{}", 0.1f), "0.1");
  EXPECT_EQ(fmt::format("{}", fmt::join(std::vector<int>{1, 2, 3}, ", ")), "1, 2, 3");
}

TEST(FmtLibrary, RefusesAFormatThatDoesNotFit) {
  const std::string format = "{:d}";
  EXPECT_THROW((void)fmt::format(fmt::runtime(format), "text"), fmt::format_error);
}

}  // namespace
}  // namespace pannier

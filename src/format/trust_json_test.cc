#include "format/trust_json.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(TrustJson, NamesTheFirstByteThatDiffers) {
  EXPECT_TRUE(check_trust_canonical("{\"a\":1}", "{\"a\":1}", "f").ok());
  const Status status = check_trust_canonical("{\"a\":1}", "{\"a\": 1}", "f");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(status.error().message, "f: not written canonically from byte 5 on");
  EXPECT_FALSE(check_trust_canonical("{}", "{} ", "f").ok()) << "also what is only longer";
  EXPECT_FALSE(check_trust_canonical("{}", "{", "f").ok());
}

}  // namespace
}  // namespace pannier

#include "format/trust_bundle.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

using namespace trust_testing;

std::vector<TrustRoot> three_roots() {
  std::vector<TrustRoot> roots;
  for (const uint64_t number : {4, 5, 6}) {
    roots.push_back(parsed(signed_root(plain_root(number), {kRootA, kRootB})));
  }
  return roots;
}

TEST(TrustBundle, WhatIsWrittenIsReadBack) {
  const std::string text = write_trust_bundle(three_roots());
  const auto read = parse_trust_bundle(text, "b");
  ASSERT_TRUE(read.ok()) << read.error().to_string();
  ASSERT_EQ(read->size(), 3u);
  EXPECT_EQ(read->at(2).number, 6u);
  EXPECT_EQ(write_trust_bundle(*read), text);
}

TEST(TrustBundle, EveryOtherTextIsRefused) {
  const std::vector<TrustRoot> roots = three_roots();
  const std::string good = write_trust_bundle(roots);
  const std::string one = write_dsse(roots[0].envelope);
  const struct {
    const char* what;
    std::string text;
    ErrorKind kind;
  } rows[] = {
      {"nothing", "", ErrorKind::kCorrupt},
      {"no root", "{\"version\":1,\"roots\":[]}", ErrorKind::kCorrupt},
      {"a newer version", "{\"version\":2,\"roots\":[" + one + "]}", ErrorKind::kUnsupported},
      {"another member", "{\"version\":1,\"roots\":[" + one + "],\"x\":1}", ErrorKind::kUnsupported},
      {"a space between", "{\"version\":1,\"roots\":[" + one + " ]}", ErrorKind::kCorrupt},
      {"a space before", "{\"version\":1,\"roots\":[ " + one + "]}", ErrorKind::kCorrupt},
      {"an end of line", good + "\n", ErrorKind::kCorrupt},
      {"one twice", "{\"version\":1,\"roots\":[" + one + "," + one + "]}", ErrorKind::kCorrupt},
      {"no object", "{\"version\":1,\"roots\":[1]}", ErrorKind::kCorrupt},
      {"short elements", "{\"version\":1,\"roots\":[1,2,3]}", ErrorKind::kCorrupt},
      {"a gap", write_trust_bundle({roots[0], roots[2]}), ErrorKind::kCorrupt},
      {"backwards", write_trust_bundle({roots[1], roots[0]}), ErrorKind::kCorrupt},
      {"too large", std::string(limits::kTrustBytesMax + 1, ' '), ErrorKind::kLimit},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    const auto read = parse_trust_bundle(row.text, "b");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().kind, row.kind) << read.error().to_string();
  }
}

}  // namespace
}  // namespace pannier

#include "format/approval.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

const Approval kApproval{sha256("contents"), {"org/a", "org/b@v1"}, std::nullopt};

std::string file_of(const Approval& approval) {
  DsseEnvelope envelope = approval_envelope(approval);
  sign_envelope(envelope, trust_testing::test_key(trust_testing::kReviewer));
  return write_dsse(envelope);
}

TEST(Approval, WhatIsWrittenIsReadBack) {
  Approval with_comment = kApproval;
  with_comment.comment = "scanned twice, \"clean\"";
  for (const Approval& approval : {kApproval, with_comment}) {
    const auto read = parse_approval(file_of(approval), "a");
    ASSERT_TRUE(read.ok()) << read.error().to_string();
    EXPECT_EQ(read->approval, approval);
    EXPECT_EQ(read->envelope.signatures.size(), 1u);
  }
}

TEST(Approval, TheTextIsAsThePageSays) {
  EXPECT_EQ(approval_envelope(kApproval).payload,
            "{\"version\":1,\"payload_digest\":\"" + sha256("contents").oci() +
                "\",\"names\":[\"org/a\",\"org/b@v1\"],\"comment\":null}");
}

TEST(Approval, EveryOtherTextIsRefused) {
  const std::string good = approval_envelope(kApproval).payload;
  ASSERT_TRUE(parse_approval_payload(good, "a").ok());
  const struct {
    const char* what;
    const char* from;
    const char* to;
    ErrorKind kind;
  } rows[] = {
      {"a newer version", "\"version\":1", "\"version\":2", ErrorKind::kUnsupported},
      {"an unknown member", "\"comment\":null", "\"comment\":null,\"x\":1", ErrorKind::kUnsupported},
      {"another digest", "sha256:", "sha512:", ErrorKind::kCorrupt},
      {"no names", "[\"org/a\",\"org/b@v1\"]", "[]", ErrorKind::kCorrupt},
      {"names out of order", "[\"org/a\",", "[\"z/a\",", ErrorKind::kCorrupt},
      {"a name that leads out", "org/a", "../a", ErrorKind::kCorrupt},
      {"a name that is a number", "\"org/a\"", "1", ErrorKind::kCorrupt},
      {"a space", ",\"names\"", ", \"names\"", ErrorKind::kCorrupt},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    std::string text = good;
    text.replace(text.find(row.from), std::string(row.from).size(), row.to);
    const auto read = parse_approval_payload(text, "a");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().kind, row.kind) << read.error().to_string();
  }
  Approval chatty = kApproval;
  chatty.comment = std::string(limits::kRootTextBytesMax + 1, 'x');
  EXPECT_FALSE(check_approval(chatty).ok());
}

}  // namespace
}  // namespace pannier

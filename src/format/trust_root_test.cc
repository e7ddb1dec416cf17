// Roots: what is written is read back, everything else is refused, and the chain holds.
#include "format/trust_root.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/limits.h"
#include "format/base64.h"
#include "format/trust_root_testing.h"

namespace pannier {
namespace {

using namespace trust_testing;

// A root's file whose payload is this text, unsigned: canonical as an envelope, whatever the payload says.
std::string with_payload(std::string payload) {
  DsseEnvelope envelope;
  envelope.payload_type = kTrustRootType;
  envelope.payload = std::move(payload);
  return write_dsse(envelope);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TrustRoot root_with_revocation() {
  TrustRoot root = plain_root(7);
  revoke(root, kPackerTwo, {{"plant-9", 5}, {"plant-7", 17}}, "laptop lost: \"Zug\"");
  return root;
}

TEST(TrustRootJson, WhatIsWrittenIsReadBack) {
  TrustRoot root = root_with_revocation();
  const std::string file = signed_root(root, {kRootA, kRootB});
  const TrustRoot read = parsed(file);
  EXPECT_EQ(read.number, 7u);
  EXPECT_EQ(read.name, "Plant 7");
  EXPECT_EQ(read.threshold, 2u);
  EXPECT_EQ(read.keys, root.keys);
  EXPECT_EQ(read.policy, root.policy);
  EXPECT_EQ(read.revoked, root.revoked);
  EXPECT_EQ(read.envelope.signatures.size(), 2u);
  EXPECT_EQ(write_dsse(read.envelope), file);
}

TEST(TrustRootJson, TheTextIsAsThePageSays) {
  TrustRoot root;
  root.name = "N";
  root.keys = {root_key(kRootA, "a", {"packer", "root"})};
  const std::string key = base64_encode(as_text(write_spki(test_key(kRootA).public_key())));
  EXPECT_EQ(trust_root_envelope(root).payload,
            "{\"version\":1,\"number\":1,\"name\":\"N\",\"threshold\":1,\"keys\":[{\"id\":\"" +
                test_key_id(kRootA).hex() + "\",\"name\":\"a\",\"public_key\":\"" + key +
                "\",\"roles\":[\"packer\",\"root\"]}],\"policy\":[],\"revoked\":[]}");
}

TEST(TrustRootJson, TheFingerprintIsTheSameHoweverManySigned) {
  const TrustRoot one = parsed(signed_root(plain_root(), {kRootA}));
  const TrustRoot two = parsed(signed_root(plain_root(), {kRootA, kRootB}));
  EXPECT_EQ(trust_root_fingerprint(one), trust_root_fingerprint(two));
  EXPECT_NE(trust_root_fingerprint(one),
            trust_root_fingerprint(parsed(signed_root(plain_root(2), {kRootA}))));
}

TEST(TrustRootJson, EveryOtherTextIsRefused) {
  const std::string good = trust_root_envelope(root_with_revocation()).payload;
  ASSERT_TRUE(parse_trust_root(with_payload(good), "f").ok());
  struct Row {
    const char* what;
    const char* from;
    const char* to;
    ErrorKind kind;
  };
  const Row rows[] = {
      {"a newer version", "\"version\":1", "\"version\":2", ErrorKind::kUnsupported},
      {"an unknown member", "\"number\":7", "\"number\":7,\"expires\":1", ErrorKind::kUnsupported},
      {"an unknown role", "\"packer\"]", "\"pilot\"]", ErrorKind::kUnsupported},
      {"a space", "\"number\":7", "\"number\": 7", ErrorKind::kCorrupt},
      {"another order", "\"number\":7,\"name\":\"Plant 7\"", "\"name\":\"Plant 7\",\"number\":7",
       ErrorKind::kCorrupt},
      {"no number", "\"number\":7", "\"number\":0", ErrorKind::kCorrupt},
      {"no threshold", "\"threshold\":2", "\"threshold\":0", ErrorKind::kCorrupt},
      {"a threshold nobody can reach", "\"threshold\":2", "\"threshold\":4", ErrorKind::kCorrupt},
      {"a key that is not its id", "\"id\":\"0", "\"id\":\"1", ErrorKind::kCorrupt},
      {"two keys of one name", "\"name\":\"rita\"", "\"name\":\"ralf\"", ErrorKind::kCorrupt},
      {"a name with a space", "\"name\":\"rita\"", "\"name\":\"r ta\"", ErrorKind::kCorrupt},
      {"a key without a role", "\"roles\":[\"packer\",\"reviewer\"]", "\"roles\":[]", ErrorKind::kCorrupt},
      {"a role twice", "\"roles\":[\"packer\",\"reviewer\"]", "\"roles\":[\"packer\",\"packer\"]",
       ErrorKind::kCorrupt},
      {"a policy of receivers", "{\"role\":\"reviewer\",\"count\":1}", "{\"role\":\"receiver\",\"count\":1}",
       ErrorKind::kCorrupt},
      {"a policy of none", "{\"role\":\"reviewer\",\"count\":1}", "{\"role\":\"reviewer\",\"count\":0}",
       ErrorKind::kCorrupt},
      {"a cut-off at 0", "\"sequence\":17", "\"sequence\":0", ErrorKind::kCorrupt},
      {"a cut-off that is negative", "\"sequence\":17", "\"sequence\":-1", ErrorKind::kCorrupt},
      {"a channel with a slash", "\"channel\":\"plant-9\"", "\"channel\":\"plant/9\"", ErrorKind::kCorrupt},
      {"channels out of order", "\"channel\":\"plant-9\"", "\"channel\":\"a\"", ErrorKind::kCorrupt},
      {"another member in a key", "\"name\":\"rita\"", "\"name\":\"rita\",\"until\":1",
       ErrorKind::kUnsupported},
      {"text after the end", "]}", "]} ", ErrorKind::kCorrupt},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    const auto read = parse_trust_root(with_payload(replaced(good, row.from, row.to)), "f");
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().kind, row.kind) << read.error().to_string();
    EXPECT_NE(read.error().message.find("f"), std::string::npos);
  }
}

TEST(TrustRootJson, EveryFlippedBitIsRefusedOrAnotherRoot) {
  const std::string file = signed_root(plain_root(), {kRootA, kRootB});
  const TrustRoot good = parsed(file);
  for (size_t at = 0; at < file.size(); at += 7) {
    std::string flipped = file;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 7)));
    const auto read = parse_trust_root(flipped, "f");
    if (!read.ok()) continue;
    // Where it still reads, the payload or a signature is another one: the chain refuses it.
    const auto count = count_root_signatures(*read, good);
    EXPECT_TRUE(!count.ok() || *count < 2) << "byte " << at;
  }
}

TEST(TrustRootJson, AFileThatIsTooLargeIsRefusedBeforeItIsRead) {
  const auto read = parse_trust_root(std::string(limits::kRootBytesMax + 1, 'x'), "f");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kLimit);
}

TEST(TrustRootJson, AStatementIsNoRoot) {
  DsseEnvelope envelope = trust_root_envelope(plain_root());
  envelope.payload_type = "application/vnd.pannier.bundle-statement.v1+json";
  const auto read = parse_trust_root(write_dsse(envelope), "f");
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(read.error().kind, ErrorKind::kUnsupported);
}

TEST(TrustRootRules, WhatMakesNoSenseIsNotWritten) {
  struct Row {
    const char* what;
    std::function<void(TrustRoot&)> change;
    ErrorKind kind = ErrorKind::kInvalid;
  };
  const Row rows[] = {
      {"no name", [](TrustRoot& root) { root.name.clear(); }},
      {"no number", [](TrustRoot& root) { root.number = 0; }},
      {"unsorted keys", [](TrustRoot& root) { std::swap(root.keys[0], root.keys[1]); }},
      {"a key twice",
       [](TrustRoot& root) {
         root.keys.insert(root.keys.begin(), root.keys[0]);
         root.keys[0].name = "again";
       }},
      {"live and revoked", [](TrustRoot& root) { root.revoked.push_back({root.keys[0], {}, ""}); }},
      {"only the threshold is left", [](TrustRoot& root) { root.threshold = 4; }},
      {"a cut-off twice",
       [](TrustRoot& root) {
         root.revoked.push_back({root_key(99, "old", {"packer"}), {{"a", 1}, {"a", 2}}, ""});
       }},
      {"an endless reason",
       [](TrustRoot& root) {
         root.revoked.push_back({root_key(99, "old", {"packer"}), {}, std::string(5000, 'x')});
       }},
      {"too many keys", [](TrustRoot& root) { root.keys.resize(limits::kRootKeysMax + 1, root.keys.back()); },
       ErrorKind::kLimit},
  };
  ASSERT_TRUE(check_trust_root(plain_root()).ok());
  for (const Row& row : rows) {
    SCOPED_TRACE(row.what);
    TrustRoot root = plain_root();
    row.change(root);
    const Status status = check_trust_root(root);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, row.kind) << status.error().to_string();
  }
}

TEST(TrustRootRules, ACutoffIsOfOneChannelAndLeavesWhatCameBefore) {
  const RevokedKey revoked{root_key(kPacker, "p", {"packer"}), {{"plant-7", 17}}, ""};
  EXPECT_TRUE(revoked.counts_at("plant-7", 16));
  EXPECT_FALSE(revoked.counts_at("plant-7", 17));
  EXPECT_FALSE(revoked.counts_at("plant-9", 1)) << "a channel that is not named: from the beginning";
  EXPECT_FALSE(revoked.counts_at("", 0)) << "of no channel: nothing says when it was signed";
}

class TrustRootChain : public ::testing::Test {
 protected:
  void expect_refused(const TrustRoot& next, const std::string& reason) {
    const Status status = check_root_chain(first_, next);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind, ErrorKind::kUntrusted);
    EXPECT_NE(status.error().message.find(reason), std::string::npos) << status.error().to_string();
  }
  TrustRoot first_ = parsed(signed_root(plain_root(1), {kRootA, kRootB}));
};

TEST_F(TrustRootChain, TheFirstNeedsItsOwnThreshold) {
  EXPECT_TRUE(check_own_signatures(first_).ok());
  const Status one = check_own_signatures(parsed(signed_root(plain_root(1), {kRootA})));
  ASSERT_FALSE(one.ok());
  EXPECT_EQ(one.error().message, "root 1 is signed by 1 of its own root keys, 2 are needed");
  EXPECT_FALSE(check_own_signatures(parsed(signed_root(plain_root(1), {kRootA, kPacker}))).ok())
      << "a packer's signature does not count";
}

TEST_F(TrustRootChain, TheNextIsSignedByBoth) {
  TrustRoot next = plain_root(2);
  std::erase(next.keys, root_key(kRootA, "root-a", {"root"}));
  next.keys.push_back(root_key(kRootC + 1, "root-d", {"root"}));
  EXPECT_TRUE(check_root_chain(first_, parsed(signed_root(next, {kRootB, kRootC}))).ok());
  EXPECT_TRUE(check_root_chain(first_, parsed(signed_root(next, {kRootA, kRootB, kRootC + 1}))).ok());
  expect_refused(parsed(signed_root(next, {kRootB, kRootC + 1})), "signed by 1 of the 3 root keys of root 1");
  expect_refused(parsed(signed_root(next, {kRootA, kRootB})), "signed by 1 of its own");
  expect_refused(parsed(signed_root(next, {})), "signed by 0");
}

TEST_F(TrustRootChain, ANumberIsNeitherSkippedNorRepeated) {
  expect_refused(parsed(signed_root(plain_root(3), {kRootA, kRootB})), "does not follow");
  expect_refused(parsed(signed_root(plain_root(1), {kRootA, kRootB})), "does not follow");
}

TEST_F(TrustRootChain, ASignatureThatDoesNotVerifyIsNotOverlooked) {
  TrustRoot next = parsed(signed_root(plain_root(2), {kRootA, kRootB, kRootC}));
  next.envelope.signatures[1].signature[5] ^= 1;
  expect_refused(next, "does not verify");
}

TEST_F(TrustRootChain, SignaturesOfAnotherRootDoNotFit) {
  TrustRoot next = parsed(signed_root(plain_root(2), {}));
  next.envelope.signatures = first_.envelope.signatures;
  expect_refused(next, "does not verify");
}

TEST_F(TrustRootChain, ARevocationIsNotForgotten) {
  TrustRoot second = plain_root(2);
  revoke(second, kPacker, {});
  const TrustRoot after = parsed(signed_root(second, {kRootA, kRootB}));
  ASSERT_TRUE(check_root_chain(first_, after).ok());
  const Status status = check_root_chain(after, parsed(signed_root(plain_root(3), {kRootA, kRootB})));
  ASSERT_FALSE(status.ok());
  EXPECT_NE(status.error().message.find("petra"), std::string::npos);
}

// One of two signers is lost: the threshold can come down only while the old one can still be met.
TEST_F(TrustRootChain, ALowerThresholdNeedsTheOldOneOnceMore) {
  TrustRoot next = plain_root(2);
  next.threshold = 1;
  EXPECT_TRUE(check_root_chain(first_, parsed(signed_root(next, {kRootA, kRootC}))).ok());
  expect_refused(parsed(signed_root(next, {kRootA})), "2 are needed");
}

}  // namespace
}  // namespace pannier

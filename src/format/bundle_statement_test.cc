// The statement: one way to write it, and everything else is refused with the right kind.
#include "format/bundle_statement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/p256_testing.h"
#include "format/base64.h"

namespace pannier {
namespace {

using p256_testing::test_key;

BundleStatement sample() {
  return {BundleLayout::kPlain, sha256("payload"), {sha256("index"), 1234}, 4'195'328};
}

// Every member has a value.
BundleStatement full_sample() {
  BundleStatement statement = sample();
  statement.layout = BundleLayout::kEncoded;
  statement.trust = BlobInfo{sha256("trust"), 77};
  statement.channel = "plant-7";
  statement.sequence = 17;
  statement.receipts = {sha256("one"), sha256("two")};
  std::sort(statement.receipts.begin(), statement.receipts.end());
  return statement;
}

std::string payload_of(const std::string& envelope) {
  const size_t begin = std::string("{\"payload\":\"").size();
  return *base64_decode(envelope.substr(begin, envelope.find('"', begin) - begin));
}

std::string envelope_of(const std::string& payload) {
  return "{\"payload\":\"" + base64_encode(payload) +
         "\",\"payloadType\":\"application/vnd.pannier.bundle-statement.v1+json\",\"signatures\":[]}";
}

// The full sample's payload with one piece of text exchanged, in a proper envelope.
Result<SignedBundleStatement> parse_with(const std::string& old_text, const std::string& new_text) {
  std::string payload = payload_of(write_bundle_statement(full_sample()));
  const size_t place = payload.find(old_text);
  EXPECT_NE(place, std::string::npos) << old_text;
  payload.replace(place, old_text.size(), new_text);
  return parse_bundle_statement(envelope_of(payload), "x.pannier");
}

TEST(BundleStatement, IsWrittenAsThePageSays) {
  EXPECT_EQ(payload_of(write_bundle_statement(sample())),
            "{\"version\":1,\"layout\":\"plain\",\"payload_digest\":\"" + sha256("payload").oci() +
                "\",\"index\":{\"digest\":\"" + sha256("index").oci() +
                "\",\"bytes\":1234},\"data\":{\"bytes\":4195328,\"block_bytes\":4194304},"
                "\"trust\":null,\"channel\":null,\"sequence\":null,\"receipts\":[]}");
  const BundleStatement full = full_sample();
  EXPECT_EQ(payload_of(write_bundle_statement(full)),
            "{\"version\":1,\"layout\":\"encoded\",\"payload_digest\":\"" + sha256("payload").oci() +
                "\",\"index\":{\"digest\":\"" + sha256("index").oci() +
                "\",\"bytes\":1234},\"data\":{\"bytes\":4195328,\"block_bytes\":4194304},"
                "\"trust\":{\"digest\":\"" +
                sha256("trust").oci() +
                "\",\"bytes\":77},"
                "\"channel\":\"plant-7\",\"sequence\":17,\"receipts\":[\"" +
                full.receipts[0].oci() + "\",\"" + full.receipts[1].oci() + "\"]}");
}

TEST(BundleStatement, ComesBack) {
  for (const BundleStatement& statement : {sample(), full_sample()}) {
    const auto parsed = parse_bundle_statement(write_bundle_statement(statement), "x.pannier");
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
    EXPECT_EQ(parsed->statement, statement);
    EXPECT_TRUE(parsed->envelope.signatures.empty());
  }
}

TEST(BundleStatement, SignaturesComeBackAndAreOfTheSameLengthWhoeverSigns) {
  DsseEnvelope one = bundle_statement_envelope(full_sample());
  DsseEnvelope other = one;
  sign_envelope(one, test_key(1));
  sign_envelope(other, test_key(2));
  EXPECT_EQ(write_dsse(one).size(), write_dsse(other).size());
  const auto parsed = parse_bundle_statement(write_dsse(one), "x.pannier");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(parsed->statement, full_sample());
  EXPECT_EQ(parsed->envelope.signatures, one.signatures);
}

TEST(BundleStatement, EveryFlippedBitIsRefusedOrReadAsWhatItSays) {
  const std::string good = write_bundle_statement(sample());
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bent = good;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_bundle_statement(bent, "x.pannier");
    // Where a digit of a size or digest changed, it is another statement, and comparing it tells.
    if (parsed.ok()) {
      EXPECT_NE(parsed->statement, sample()) << "bit " << bit;
    }
  }
}

TEST(BundleStatement, EveryPrefixIsRefused) {
  const std::string good = write_bundle_statement(sample());
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(parse_bundle_statement(good.substr(0, length), "x.pannier").ok()) << length;
  }
}

TEST(BundleStatement, WhatOnlyANewerVersionWritesIsUnsupported) {
  const std::pair<const char*, const char*> kChanges[] = {{"\"version\":1", "\"version\":2"},
                                                          {"\"encoded\"", "\"sparse\""},
                                                          {"\"sequence\":17", "\"sequence\":17,\"new\":1"},
                                                          {"\"bytes\":1234", "\"bytes\":1234,\"new\":1"},
                                                          {"\"bytes\":77", "\"bytes\":77,\"new\":1"},
                                                          {"4194304", "512"}};
  for (const auto& [old_text, new_text] : kChanges) {
    const auto parsed = parse_with(old_text, new_text);
    ASSERT_FALSE(parsed.ok()) << new_text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUnsupported) << new_text;
    EXPECT_NE(parsed.error().message.find("newer version"), std::string::npos) << parsed.error().message;
  }
}

TEST(BundleStatement, OtherSpellingsAreCorrupt) {
  const std::pair<const char*, const char*> kChanges[] = {{"\"version\":1", "\"version\": 1"},
                                                          {"\"version\":1", "\"version\":\"1\""},
                                                          {"\"version\":1", "\"version\":0"},
                                                          {"\"bytes\":1234", "\"bytes\":-1"},
                                                          {"\"bytes\":1234", "\"bytes\":1234.0"},
                                                          {",\"sequence\":17", ""},
                                                          {"\"encoded\"", "\"enc\\u006fded\""},
                                                          {"sha256:", "SHA256:"},
                                                          {"\"sequence\":17", "\"sequence\":0"},
                                                          {"\"sequence\":17", "\"sequence\":null"},
                                                          {"\"plant-7\"", "null"},
                                                          {"\"plant-7\"", "\"\""},
                                                          {"\"plant-7\"", "\"plant/7\""},
                                                          {"\"plant-7\"", "7"},
                                                          {"\"receipts\":[", "\"receipts\":[null,"},
                                                          {"\"bytes\":77", "\"bytes\":\"77\""}};
  for (const auto& [old_text, new_text] : kChanges) {
    const auto parsed = parse_with(old_text, new_text);
    ASSERT_FALSE(parsed.ok()) << new_text;
    EXPECT_TRUE(parsed.error().kind == ErrorKind::kCorrupt || parsed.error().kind == ErrorKind::kUnsupported)
        << parsed.error().message;
    EXPECT_NE(parsed.error().message.find("x.pannier: pannier/statement.json"), std::string::npos);
  }
}

TEST(BundleStatement, SizesBeyondTheLimitsAreRefused) {
  EXPECT_EQ(parse_with("\"bytes\":1234", "\"bytes\":268435457").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_with("4195328", "1125899906842625").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_with("\"bytes\":77", "\"bytes\":4194305").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_with("\"sequence\":17", "\"sequence\":9007199254740992").error().kind, ErrorKind::kLimit);
  EXPECT_EQ(parse_with("plant-7", std::string(65, 'a')).error().kind, ErrorKind::kCorrupt);
}

TEST(BundleStatement, ReceiptsAreSortedAndFew) {
  BundleStatement statement = full_sample();
  std::swap(statement.receipts[0], statement.receipts[1]);
  EXPECT_EQ(parse_bundle_statement(write_bundle_statement(statement), "x").error().kind, ErrorKind::kCorrupt);
  statement.receipts.assign(2, sha256("one"));
  EXPECT_EQ(parse_bundle_statement(write_bundle_statement(statement), "x").error().kind, ErrorKind::kCorrupt);
  statement.receipts.clear();
  for (int i = 0; i < 65; ++i) statement.receipts.push_back(sha256(std::to_string(i)));
  std::sort(statement.receipts.begin(), statement.receipts.end());
  EXPECT_EQ(parse_bundle_statement(write_bundle_statement(statement), "x").error().kind, ErrorKind::kLimit);
}

TEST(BundleStatement, ChannelsAreShortPlainWords) {
  for (const char* name : {"plant-7", "a", "A.b_c-9"}) EXPECT_TRUE(check_channel_name(name).ok()) << name;
  for (const char* name : {"", "a b", "a/b", "ä", "a\n"}) EXPECT_FALSE(check_channel_name(name).ok()) << name;
  EXPECT_FALSE(check_channel_name(std::string(65, 'a')).ok());
}

}  // namespace
}  // namespace pannier

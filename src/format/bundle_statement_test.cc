// The statement: one way to write it, and everything else is refused with the right kind.
#include "format/bundle_statement.h"

#include <gtest/gtest.h>

#include "format/base64.h"

namespace pannier {
namespace {

BundleStatement sample() { return {sha256("payload"), sha256("index"), 1234, 4'195'328}; }

std::string payload_of(const std::string& envelope) {
  const size_t begin = std::string("{\"payload\":\"").size();
  return *base64_decode(envelope.substr(begin, envelope.find('"', begin) - begin));
}

std::string envelope_of(const std::string& payload) {
  return "{\"payload\":\"" + base64_encode(payload) +
         "\",\"payloadType\":\"application/vnd.pannier.bundle-statement.v1+json\",\"signatures\":[]}";
}

// The sample's payload with one piece of text exchanged, in a proper envelope.
Result<BundleStatement> parse_with(const std::string& old_text, const std::string& new_text) {
  std::string payload = payload_of(write_bundle_statement(sample()));
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
                "\"channel\":null,\"sequence\":null,\"receipt\":null}");
}

TEST(BundleStatement, ComesBack) {
  const auto parsed = parse_bundle_statement(write_bundle_statement(sample()), "x.pannier");
  ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
  EXPECT_EQ(*parsed, sample());
}

TEST(BundleStatement, EveryFlippedBitIsRefusedOrReadAsWhatItSays) {
  const std::string good = write_bundle_statement(sample());
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bent = good;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_bundle_statement(bent, "x.pannier");
    // Where a digit of a size or digest changed, it is another statement, and comparing it tells.
    if (parsed.ok()) {
      EXPECT_NE(*parsed, sample()) << "bit " << bit;
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
                                                          {"\"plain\"", "\"encoded\""},
                                                          {"\"channel\":null", "\"channel\":\"a\""},
                                                          {"\"sequence\":null", "\"sequence\":1"},
                                                          {"\"receipt\":null", "\"receipt\":\"a\""},
                                                          {"\"receipt\":null", "\"receipt\":null,\"new\":1"},
                                                          {"\"bytes\":1234", "\"bytes\":1234,\"new\":1"},
                                                          {"4194304", "512"}};
  for (const auto& [old_text, new_text] : kChanges) {
    const auto parsed = parse_with(old_text, new_text);
    ASSERT_FALSE(parsed.ok()) << new_text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUnsupported) << new_text;
    EXPECT_NE(parsed.error().message.find("newer version"), std::string::npos) << parsed.error().message;
  }
}

TEST(BundleStatement, OtherSpellingsAreCorrupt) {
  const std::pair<const char*, const char*> kChanges[] = {
      {"\"version\":1", "\"version\": 1"},    {"\"version\":1", "\"version\":\"1\""},
      {"\"version\":1", "\"version\":0"},     {"\"bytes\":1234", "\"bytes\":-1"},
      {"\"bytes\":1234", "\"bytes\":1234.0"}, {",\"receipt\":null", ""},
      {"\"plain\"", "\"pl\\u0061in\""},       {"sha256:", "SHA256:"}};
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
}

}  // namespace
}  // namespace pannier

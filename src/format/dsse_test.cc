// DSSE: known bytes, one way to write them, and everything else refused with the right kind.
#include "format/dsse.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/p256_testing.h"
#include "format/base64.h"

namespace pannier {
namespace {

using p256_testing::test_key;

constexpr std::string_view kType = "application/vnd.pannier.test.v1+json";
constexpr uint64_t kBytesMax = 1 << 20;

DsseEnvelope sample(int signers = 2) {
  DsseEnvelope envelope{std::string(kType), "{\"version\":1}", {}};
  for (int i = 1; i <= signers; ++i) sign_envelope(envelope, test_key(static_cast<uint8_t>(i)));
  return envelope;
}

Result<DsseEnvelope> parse(const std::string& json) {
  return parse_dsse(json, kType, kBytesMax, "root.json");
}

Result<DsseEnvelope> parse_with(const std::string& old_text, const std::string& new_text) {
  std::string json = write_dsse(sample());
  const size_t place = json.find(old_text);
  EXPECT_NE(place, std::string::npos) << old_text;
  return parse(json.replace(place, old_text.size(), new_text));
}

// The example of DSSE's protocol.md.
TEST(Dsse, SignedBytesAreThoseOfTheSpecification) {
  EXPECT_EQ(dsse_signed_bytes("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  EXPECT_EQ(dsse_signed_bytes("", ""), "DSSEv1 0  0 ");
}

TEST(Dsse, IsWrittenAsThePageSays) {
  const DsseEnvelope envelope = sample(1);
  EXPECT_EQ(write_dsse(envelope),
            "{\"payload\":\"eyJ2ZXJzaW9uIjoxfQ==\",\"payloadType\":\"application/vnd.pannier.test.v1+json\","
            "\"signatures\":[{\"keyid\":\"" +
                key_id(test_key(1).public_key()).hex() + "\",\"sig\":\"" +
                base64_encode(as_text(envelope.signatures[0].signature)) + "\"}]}");
}

TEST(Dsse, ComesBackAndVerifies) {
  for (const int signers : {0, 1, 2, 7}) {
    const DsseEnvelope envelope = sample(signers);
    const auto parsed = parse(write_dsse(envelope));
    ASSERT_TRUE(parsed.ok()) << parsed.error().to_string();
    EXPECT_EQ(parsed->payload, envelope.payload);
    EXPECT_EQ(parsed->signatures, envelope.signatures);
    const std::string signed_bytes = dsse_signed_bytes(parsed->payload_type, parsed->payload);
    int verified = 0;
    for (int i = 1; i <= signers; ++i) {
      const P256PublicKey key = test_key(static_cast<uint8_t>(i)).public_key();
      for (const DsseSignature& signature : parsed->signatures) {
        if (signature.key_id == key_id(key)) {
          verified += verify_p256(key, as_bytes(signed_bytes), signature.signature);
        }
      }
    }
    EXPECT_EQ(verified, signers);
  }
}

TEST(Dsse, SignaturesAreSortedAndAKeySignsOnce) {
  DsseEnvelope forwards = sample(5);
  DsseEnvelope backwards = sample(0);
  for (int i = 5; i >= 1; --i) sign_envelope(backwards, test_key(static_cast<uint8_t>(i)));
  EXPECT_EQ(write_dsse(forwards), write_dsse(backwards));
  forwards.payload = "another";
  for (int i = 1; i <= 5; ++i) sign_envelope(forwards, test_key(static_cast<uint8_t>(i)));
  EXPECT_EQ(forwards.signatures.size(), 5u);
  EXPECT_NE(forwards.signatures[0].signature, backwards.signatures[0].signature);
}

TEST(Dsse, LengthDependsOnThePayloadsLengthAndTheNumberOfSignaturesAlone) {
  const size_t length = write_dsse(sample(1)).size();
  for (int i = 1; i <= 30; ++i) {
    DsseEnvelope envelope = sample(0);
    envelope.payload[11] = static_cast<char>('0' + i % 10);
    sign_envelope(envelope, test_key(static_cast<uint8_t>(i)));
    EXPECT_EQ(write_dsse(envelope).size(), length);
  }
}

TEST(Dsse, EveryFlippedBitIsRefusedOrChangesWhatItSays) {
  const DsseEnvelope envelope = sample(1);
  const std::string good = write_dsse(envelope);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bent = good;
    bent[bit / 8] = static_cast<char>(bent[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse(bent);
    if (!parsed.ok()) continue;
    EXPECT_TRUE(parsed->payload != envelope.payload || parsed->signatures != envelope.signatures) << bit;
    EXPECT_EQ(write_dsse(*parsed), bent);
  }
}

TEST(Dsse, EveryPrefixIsRefused) {
  const std::string good = write_dsse(sample(1));
  for (size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(parse(good.substr(0, length)).ok());
}

TEST(Dsse, OtherTypesAndMembersAreUnsupported) {
  for (const auto& [old_text, new_text] :
       std::vector<std::pair<std::string, std::string>>{{"pannier.test.v1", "pannier.test.v2"},
                                                        {"pannier.test.v1", "pannier.root.v1"},
                                                        {"\"signatures\":", "\"new\":1,\"signatures\":"},
                                                        {"\"sig\":", "\"new\":1,\"sig\":"}}) {
    const auto parsed = parse_with(old_text, new_text);
    ASSERT_FALSE(parsed.ok()) << new_text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUnsupported) << new_text;
    EXPECT_NE(parsed.error().message.find("root.json"), std::string::npos);
  }
}

TEST(Dsse, OtherSpellingsAreCorrupt) {
  const std::string id = key_id(test_key(1).public_key()).hex();
  for (const auto& [old_text, new_text] :
       std::vector<std::pair<std::string, std::string>>{{"{\"payload\"", " {\"payload\""},
                                                        {"]}", "]}\n"},
                                                        {"eyJ2ZXJzaW9uIjoxfQ==", "eyJ2ZXJzaW9uIjoxfR=="},
                                                        {"eyJ2ZXJzaW9uIjoxfQ==", "eyJ2ZXJzaW9uIjoxfQ"},
                                                        {"\"eyJ2ZXJzaW9uIjoxfQ==\"", "null"},
                                                        {"\"eyJ2", "\"\\u0065yJ2"},
                                                        {id, id.substr(1)},
                                                        {id, std::string(64, 'A')},
                                                        {"\"sig\":\"", "\"sig\":\"AAAA"},
                                                        {"[{", "[1,{"},
                                                        {"[{", "[{},{"},
                                                        {"\"signatures\":[", "\"signatures\":{},\"x\":["}}) {
    const auto parsed = parse_with(old_text, new_text);
    ASSERT_FALSE(parsed.ok()) << new_text;
    EXPECT_TRUE(parsed.error().kind == ErrorKind::kCorrupt || parsed.error().kind == ErrorKind::kUnsupported)
        << parsed.error().message;
  }
  EXPECT_FALSE(parse("[]").ok());
  EXPECT_FALSE(parse("").ok());
}

TEST(Dsse, SignaturesOutOfOrderOrTwiceAreCorrupt) {
  DsseEnvelope envelope = sample(2);
  std::swap(envelope.signatures[0], envelope.signatures[1]);
  EXPECT_EQ(parse(write_dsse(envelope)).error().kind, ErrorKind::kCorrupt);
  envelope.signatures[1] = envelope.signatures[0];
  EXPECT_EQ(parse(write_dsse(envelope)).error().kind, ErrorKind::kCorrupt);
}

TEST(Dsse, TooMuchIsRefused) {
  DsseEnvelope envelope = sample(0);
  for (int i = 0; i < 65; ++i) envelope.signatures.push_back({sha256(std::to_string(i)), {}});
  std::sort(envelope.signatures.begin(), envelope.signatures.end(),
            [](const DsseSignature& left, const DsseSignature& right) { return left.key_id < right.key_id; });
  EXPECT_EQ(parse(write_dsse(envelope)).error().kind, ErrorKind::kLimit);
  envelope.signatures.pop_back();
  EXPECT_TRUE(parse(write_dsse(envelope)).ok());
  const std::string json = write_dsse(sample());
  EXPECT_EQ(parse_dsse(json, kType, json.size() - 1, "x").error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(parse_dsse(json, kType, json.size(), "x").ok());
}

}  // namespace
}  // namespace pannier

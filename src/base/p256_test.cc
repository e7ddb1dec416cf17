// Known answers (RFC 6979), forgeries and malformed keys and signatures by name, and the openssl command as
// the second opinion.
#include "base/p256.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/child_process.h"
#include "base/fs.h"
#include "base/hex_testing.h"

namespace pannier {
namespace {

std::string to_hex(ByteSpan bytes) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

// RFC 6979, A.2.5.
constexpr const char* kSecret = "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721";
constexpr const char* kX = "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6";
constexpr const char* kY = "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299";
constexpr const char* kOrder = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
constexpr const char* kSpkiHead = "3059301306072A8648CE3D020106082A8648CE3D03010703420004";

P256PrivateKey rfc_key() {
  auto key = P256PrivateKey::from_bytes(from_hex(kSecret), "key");
  EXPECT_TRUE(key.ok());
  return std::move(key).value();
}

P256Signature signature_of(const std::string& r, const std::string& s) {
  P256Signature signature{};
  const Bytes bytes = from_hex(r + s);
  EXPECT_EQ(bytes.size(), signature.size());
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return signature;
}

TEST(P256, KnownAnswersOfRfc6979) {
  const P256PrivateKey key = rfc_key();
  EXPECT_EQ(to_hex(key.public_key().point), std::string(kX) + kY);
  EXPECT_EQ(to_hex(key.secret()), kSecret);
  EXPECT_EQ(to_hex(key.sign(as_bytes(std::string_view("sample")))),
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
            "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
  EXPECT_EQ(to_hex(key.sign(as_bytes(std::string_view("test")))),
            "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367"
            "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083");
}

TEST(P256, NewKeysDifferSignAndVerify) {
  auto one = P256PrivateKey::generate();
  auto other = P256PrivateKey::generate();
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_NE(one->public_key(), other->public_key());
  for (const std::string& message : {std::string(), std::string("a"), std::string(100'000, 'x')}) {
    const P256Signature signature = one->sign(as_bytes(message));
    EXPECT_TRUE(verify_p256(one->public_key(), as_bytes(message), signature));
    EXPECT_FALSE(verify_p256(other->public_key(), as_bytes(message), signature));
    EXPECT_FALSE(verify_p256(one->public_key(), as_bytes(message + "."), signature));
  }
}

TEST(P256, EveryFlippedBitOfASignatureIsRefused) {
  const P256PrivateKey key = rfc_key();
  const ByteSpan message = as_bytes(std::string_view("sample"));
  const P256Signature good = key.sign(message);
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    P256Signature bent = good;
    bent[bit / 8] = static_cast<uint8_t>(bent[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(verify_p256(key.public_key(), message, bent)) << bit;
  }
}

// The forgeries that implementations have fallen for: numbers outside [1, order).
TEST(P256, NumbersOutsideTheOrderAreRefused) {
  const P256PrivateKey key = rfc_key();
  const ByteSpan message = as_bytes(std::string_view("sample"));
  const std::string good = to_hex(key.sign(message));
  const std::string r = good.substr(0, 64);
  const std::string s = good.substr(64);
  const std::string zero(64, '0');
  const std::string one = std::string(63, '0') + "1";
  const std::string ones(64, 'F');
  const std::string above_order = std::string(kOrder).substr(0, 63) + "2";
  const std::string order = kOrder;
  EXPECT_TRUE(verify_p256(key.public_key(), message, signature_of(r, s)));
  for (const auto& [bad_r, bad_s] : std::vector<std::pair<std::string, std::string>>{{zero, zero},
                                                                                     {zero, s},
                                                                                     {r, zero},
                                                                                     {order, s},
                                                                                     {r, order},
                                                                                     {order, order},
                                                                                     {ones, s},
                                                                                     {r, ones},
                                                                                     {ones, ones},
                                                                                     {above_order, s},
                                                                                     {r, above_order},
                                                                                     {s, r},
                                                                                     {r, r},
                                                                                     {one, one},
                                                                                     {zero, order},
                                                                                     {order, zero},
                                                                                     {zero, one},
                                                                                     {one, zero}}) {
    EXPECT_FALSE(verify_p256(key.public_key(), message, signature_of(bad_r, bad_s))) << bad_r << " " << bad_s;
  }
}

TEST(P256, PointsOutsideTheCurveVerifyNothing) {
  const P256PrivateKey key = rfc_key();
  const ByteSpan message = as_bytes(std::string_view("sample"));
  const P256Signature signature = key.sign(message);
  P256PublicKey off = key.public_key();
  off.point[63] ^= 1;
  EXPECT_FALSE(verify_p256(off, message, signature));
  EXPECT_FALSE(verify_p256(P256PublicKey{}, message, signature));
  EXPECT_FALSE(verify_p256(P256PublicKey{}, message, P256Signature{}));
}

TEST(P256, SecretsOutsideTheOrderAreRefused) {
  for (const std::string& hex : {std::string(64, '0'), std::string(kOrder), std::string(64, 'F')}) {
    const auto key = P256PrivateKey::from_bytes(from_hex(hex), "alice.key");
    ASSERT_FALSE(key.ok());
    EXPECT_EQ(key.error().kind, ErrorKind::kCorrupt);
    EXPECT_NE(key.error().message.find("alice.key"), std::string::npos);
  }
  EXPECT_EQ(P256PrivateKey::from_bytes(Bytes(31, 1), "k").error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(P256PrivateKey::from_bytes(Bytes(33, 1), "k").error().kind, ErrorKind::kCorrupt);
  // The order less one is the largest.
  EXPECT_TRUE(P256PrivateKey::from_bytes(from_hex(std::string(kOrder).substr(0, 63) + "0"), "k").ok());
}

TEST(P256, AMovedKeyLeavesNothingBehind) {
  P256PrivateKey from = rfc_key();
  P256PrivateKey to = std::move(from);
  EXPECT_EQ(to_hex(from.secret()), std::string(64, '0'));  // NOLINT(bugprone-use-after-move)
  P256PrivateKey assigned = rfc_key();
  assigned = std::move(to);
  EXPECT_EQ(to_hex(to.secret()), std::string(64, '0'));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(to_hex(assigned.secret()), kSecret);
}

TEST(P256, PublicKeysComeBackFromDer) {
  const P256PublicKey key = rfc_key().public_key();
  const Bytes der = write_spki(key);
  EXPECT_EQ(to_hex(der), std::string(kSpkiHead) + kX + kY);
  EXPECT_EQ(key_id(key), sha256(ByteSpan(der)));
  const auto parsed = parse_spki(der, "alice.pub");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, key);
}

TEST(P256, MalformedPublicKeysAreRefused) {
  const std::string good = std::string(kSpkiHead) + kX + kY;
  std::string off_curve = good;
  off_curve.back() = '8';
  const std::string prime = "FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF";
  for (const std::string& hex :
       {std::string(), std::string("30"), good.substr(0, 60), good.substr(0, good.size() - 2), good + "00",
        off_curve, std::string(kSpkiHead) + std::string(128, '0'), std::string(kSpkiHead) + prime + kY,
        std::string(kSpkiHead) + prime + prime, "31" + good.substr(2), "3080" + good.substr(4) + "0000",
        "308159" + good.substr(4)}) {
    const auto parsed = parse_spki(from_hex(hex), "alice.pub");
    ASSERT_FALSE(parsed.ok()) << hex;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt) << hex << parsed.error().message;
  }
  const Bytes der = from_hex(good);
  for (size_t bit = 0; bit < der.size() * 8; ++bit) {
    Bytes bent = der;
    bent[bit / 8] = static_cast<uint8_t>(bent[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(parse_spki(bent, "alice.pub").ok()) << bit;
  }
}

TEST(P256, OtherKindsOfKeysAreUnsupported) {
  // The same point compressed; Ed25519 (RFC 8410, 10.1); the head of secp384r1 with a key of its length.
  for (const std::string& hex :
       {std::string("3039301306072A8648CE3D020106082A8648CE3D03010703220003") + kX,
        std::string(
            "302A300506032B657003210019BF44096984CDFE8541BAC167DC3B96C85086AA30B6B6CB0C5C38AD703166E1"),
        "3076301006072A8648CE3D020106052B81040022036200" + ("04" + std::string(192, '1'))}) {
    const auto parsed = parse_spki(from_hex(hex), "alice.pub");
    ASSERT_FALSE(parsed.ok()) << hex;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUnsupported) << parsed.error().message;
    EXPECT_NE(parsed.error().hint.find("keys generate"), std::string::npos);
  }
}

TEST(P256, SignaturesComeBackFromDer) {
  for (const auto& [r, s] : std::vector<std::pair<std::string, std::string>>{
           {std::string(64, 'F'), std::string(63, '0') + "1"},
           {"7F" + std::string(62, '1'), "80" + std::string(62, '2')},
           {"00" + std::string(62, '3'), "0080" + std::string(60, '4')},
           {std::string(64, '0'), std::string(64, '0')}}) {
    const P256Signature signature = signature_of(r, s);
    const auto parsed = signature_from_der(signature_to_der(signature), "sig");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    EXPECT_EQ(*parsed, signature);
  }
  EXPECT_EQ(to_hex(signature_to_der(signature_of(std::string(62, '0') + "80", std::string(63, '0') + "7"))),
            "300702020080020107");
}

TEST(P256, MalformedDerSignaturesAreRefused) {
  const std::pair<const char*, const char*> kBad[] = {
      {"empty", ""},
      {"not a sequence", "310602010102 0101"},
      {"trailing bytes after it", "300602010102010100"},
      {"trailing bytes within it", "30070201010201010 0"},
      {"a third number", "3009020101020101020101"},
      {"one number", "3003020101"},
      {"ends early", "3006020101020201"},
      {"announces more than there is", "3007020101020101"},
      {"indefinite length", "30800201010201010000"},
      {"length not minimal", "30810602010102 0101"},
      {"length with zeros", "3082000602010102 0101"},
      {"length of length too long", "308500000000060201010201 01"},
      {"length beyond 32 bits", "30FF"},
      {"negative r", "30060201810201 01"},
      {"negative s", "30060201010201FF"},
      {"r with a superfluous zero", "3007020200010201 01"},
      {"r without digits", "30050200020101"},
      {"r of another type", "3006030101020101"},
  };
  for (const auto& [name, hex] : kBad) {
    std::string plain = hex;
    std::erase(plain, ' ');
    const auto parsed = signature_from_der(from_hex(plain), "sig");
    ASSERT_FALSE(parsed.ok()) << name;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kCorrupt) << name;
  }
  const std::string wide = "022101" + std::string(64, '0');
  EXPECT_EQ(signature_from_der(from_hex("3026" + wide + "020101"), "sig").error().kind, ErrorKind::kCorrupt);
}

// What openssl signs we verify, and the other way round.
class P256AndOpenssl : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + unique_name("p256_test");
    ASSERT_TRUE(real_file_system().make_folders(folder_).ok());
    if (!run_program({.arguments = {"openssl", "version"}}).ok()) GTEST_SKIP() << "no openssl command";
  }
  void TearDown() override { (void)real_file_system().remove_tree(folder_); }

  ProgramEnd openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto end = run_program({.arguments = std::move(arguments), .working_folder = folder_});
    EXPECT_TRUE(end.ok());
    return end.ok() ? *end : ProgramEnd{};
  }
  void write(const std::string& name, std::string_view contents) {
    ASSERT_TRUE(write_file_atomic(real_file_system(), folder_ + "/" + name, contents).ok());
  }
  std::string read(const std::string& name) {
    const auto text = read_small_file(real_file_system(), folder_ + "/" + name, 100'000);
    EXPECT_TRUE(text.ok());
    return text.ok() ? *text : "";
  }

  std::string folder_;
};

TEST_F(P256AndOpenssl, VerifyEachOther) {
  ASSERT_EQ(openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"})
                .exit_status,
            0);
  ASSERT_EQ(openssl({"pkey", "-in", "key.pem", "-pubout", "-outform", "DER", "-out", "pub.der"}).exit_status,
            0);
  const std::string der = read("pub.der");
  const auto theirs = parse_spki(as_bytes(der), "pub.der");
  ASSERT_TRUE(theirs.ok()) << theirs.error().message;
  auto ours = P256PrivateKey::generate();
  ASSERT_TRUE(ours.ok());
  write("our.der", as_text(write_spki(ours->public_key())));
  // Many, since each length of r and s has its own form in DER.
  for (int i = 0; i < 40; ++i) {
    const std::string message = "message " + std::to_string(i);
    write("message", message);
    ASSERT_EQ(openssl({"dgst", "-sha256", "-sign", "key.pem", "-out", "sig", "message"}).exit_status, 0);
    const std::string their_der = read("sig");
    const auto signature = signature_from_der(as_bytes(their_der), "sig");
    ASSERT_TRUE(signature.ok()) << signature.error().message;
    EXPECT_EQ(as_text(signature_to_der(*signature)), their_der);
    EXPECT_TRUE(verify_p256(*theirs, as_bytes(message), *signature));
    write("our.sig", as_text(signature_to_der(ours->sign(as_bytes(message)))));
    const ProgramEnd end = openssl(
        {"dgst", "-sha256", "-keyform", "DER", "-verify", "our.der", "-signature", "our.sig", "message"});
    EXPECT_EQ(end.exit_status, 0) << end.errors;
  }
}

}  // namespace
}  // namespace pannier

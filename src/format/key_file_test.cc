// Key files: our own, those of the openssl command, and malformed ones by name.
#include "format/key_file.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/child_process.h"
#include "base/der.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/p256_testing.h"
#include "format/pem.h"

namespace pannier {
namespace {

using p256_testing::test_key;

Secret passphrase(const char* text = "correct horse") { return Secret(std::string(text)); }

SealingNonces nonces() {
  SealingNonces made;
  made.salt.fill(1);
  made.start.fill(2);
  return made;
}

constexpr uint64_t kQuick = limits::kKeyIterationsMin;

std::string sealed_file() { return write_private_key_file(test_key(), passphrase(), nonces(), kQuick); }

Result<P256PrivateKey> open(const std::string& pem, const char* words = "correct horse") {
  PANNIER_ASSIGN(PrivateKeyFile file, parse_private_key_file(pem, "alice.key"));
  if (file.key) return *std::move(file.key);
  return open_sealed_key(*file.sealed, passphrase(words), "alice.key");
}

// The same file with some bytes of its DER exchanged.
std::string with_bytes(const std::string& pem, ByteSpan old_bytes, ByteSpan new_bytes) {
  auto block = parse_pem(pem, "x");
  EXPECT_TRUE(block.ok());
  Bytes der(block->der.bytes().begin(), block->der.bytes().end());
  const auto place = std::search(der.begin(), der.end(), old_bytes.begin(), old_bytes.end());
  EXPECT_NE(place, der.end());
  EXPECT_EQ(old_bytes.size(), new_bytes.size());
  std::copy(new_bytes.begin(), new_bytes.end(), place);
  return write_pem(block->label, der);
}

TEST(KeyFile, AnEncryptedKeyComesBack) {
  const std::string pem = sealed_file();
  EXPECT_TRUE(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")) << pem;
  const auto file = parse_private_key_file(pem, "alice.key");
  ASSERT_TRUE(file.ok()) << file.error().message;
  ASSERT_TRUE(file->sealed && !file->key);
  EXPECT_EQ(file->sealed->iterations, kQuick);
  const auto key = open(pem);
  ASSERT_TRUE(key.ok()) << key.error().message;
  EXPECT_EQ(key->public_key(), test_key().public_key());
}

TEST(KeyFile, WhatIsWrittenForPeopleTakesManyIterations) {
  const std::string pem = write_private_key_file(test_key(), passphrase(), nonces());
  EXPECT_EQ(parse_private_key_file(pem, "x")->sealed->iterations, 600'000u);
  EXPECT_TRUE(open(pem).ok());
}

TEST(KeyFile, WrongPassphrasesAreToldAsSuch) {
  const std::string pem = sealed_file();
  for (const char* words : {"", "correct horsf", "correct horse ", "Correct horse"}) {
    const auto key = open(pem, words);
    ASSERT_FALSE(key.ok()) << words;
    EXPECT_EQ(key.error().kind, ErrorKind::kInvalid);
    EXPECT_NE(key.error().message.find("passphrase"), std::string::npos);
  }
  // One in 256 decrypts to something well padded.
  for (int i = 0; i < 600; ++i) {
    EXPECT_EQ(open(pem, ("wrong " + std::to_string(i)).c_str()).error().kind, ErrorKind::kInvalid);
  }
}

TEST(KeyFile, PublicKeysComeBack) {
  const std::string pem = write_public_key_file(test_key().public_key());
  EXPECT_TRUE(pem.starts_with("-----BEGIN PUBLIC KEY-----\n"));
  const auto key = parse_public_key_file(pem, "alice.pub");
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(*key, test_key().public_key());
}

TEST(KeyFile, OneKindWhereTheOtherIsNeededIsToldAsSuch) {
  EXPECT_EQ(parse_public_key_file(sealed_file(), "x").error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parse_private_key_file(write_public_key_file(test_key().public_key()), "x").error().kind,
            ErrorKind::kInvalid);
  EXPECT_EQ(parse_private_key_file(write_pem("CERTIFICATE", Bytes{1}), "x").error().kind,
            ErrorKind::kUnsupported);
}

TEST(KeyFile, EveryPrefixAndEveryFlippedBitIsRefusedOrOpensTheSameKey) {
  const std::string pem = sealed_file();
  for (size_t length = 0; length + 1 < pem.size(); ++length) EXPECT_FALSE(open(pem.substr(0, length)).ok());
  const auto block = parse_pem(pem, "x");
  const Bytes der(block->der.bytes().begin(), block->der.bytes().end());
  for (size_t bit = 0; bit < der.size() * 8; ++bit) {
    Bytes bent = der;
    bent[bit / 8] = static_cast<uint8_t>(bent[bit / 8] ^ (1 << bit % 8));
    // One bit may multiply the iterations: not opened here, where every one costs time.
    const auto file = parse_private_key_file(write_pem("ENCRYPTED PRIVATE KEY", bent), "x");
    if (!file.ok() || file->sealed->iterations > 10 * kQuick) continue;
    EXPECT_FALSE(open_sealed_key(*file->sealed, passphrase(), "x").ok()) << bit;
  }
}

// A file that asks for hours of hashing, or for almost none.
TEST(KeyFile, IterationsAreBoundedBothWays) {
  const auto with_iterations = [](uint64_t iterations) {
    const Bytes old_number = der_unsigned(kQuick);  // 03E8: two bytes
    const Bytes new_number = der_unsigned(iterations);
    return with_bytes(sealed_file(), old_number, new_number);
  };
  EXPECT_EQ(parse_private_key_file(with_iterations(999), "x").error().kind, ErrorKind::kLimit);
  EXPECT_TRUE(parse_private_key_file(with_iterations(1001), "x").ok());
  const std::string most = write_private_key_file(test_key(), passphrase(), nonces(), 100'000);
  const auto more = [&](uint64_t iterations) {
    return parse_private_key_file(with_bytes(most, der_unsigned(100'000), der_unsigned(iterations)), "x");
  };
  EXPECT_EQ(more(8'388'607).ok(), true);  // the most that three bytes say
  const std::string four = write_private_key_file(test_key(), passphrase(), nonces(), 8'388'608);
  EXPECT_TRUE(parse_private_key_file(four, "x").ok());
  const auto beyond = with_bytes(four, der_unsigned(8'388'608), der_unsigned(10'000'001));
  EXPECT_EQ(parse_private_key_file(beyond, "x").error().kind, ErrorKind::kLimit);
  const auto at_most = with_bytes(four, der_unsigned(8'388'608), der_unsigned(10'000'000));
  EXPECT_TRUE(parse_private_key_file(at_most, "x").ok());
}

TEST(KeyFile, OtherCiphersAreUnsupportedByName) {
  const Bytes aes256 = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2A};
  const Bytes aes128 = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02};
  const Bytes sha256_hash = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x09};
  const Bytes sha1_hash = {0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x02, 0x07};
  const auto cipher = parse_private_key_file(with_bytes(sealed_file(), aes256, aes128), "x");
  EXPECT_EQ(cipher.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(cipher.error().message.find("AES-128-CBC"), std::string::npos);
  const auto hash = parse_private_key_file(with_bytes(sealed_file(), sha256_hash, sha1_hash), "x");
  EXPECT_EQ(hash.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(hash.error().message.find("SHA-1"), std::string::npos);
}

// What openssl writes we read, and it reads ours.
class KeyFileAndOpenssl : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + unique_name("key_file_test");
    ASSERT_TRUE(real_file_system().make_folders(folder_).ok());
    if (!run_program({.arguments = {"openssl", "version"}}).ok()) GTEST_SKIP() << "no openssl command";
    ASSERT_EQ(
        openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"}),
        0);
    ASSERT_EQ(openssl({"pkey", "-in", "key.pem", "-pubout", "-out", "key.pub"}), 0);
    const auto key = parse_public_key_file(read("key.pub"), "key.pub");
    ASSERT_TRUE(key.ok()) << key.error().message;
    public_key_ = *key;
  }
  void TearDown() override { (void)real_file_system().remove_tree(folder_); }

  int openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto end = run_program({.arguments = std::move(arguments), .working_folder = folder_});
    EXPECT_TRUE(end.ok());
    if (end.ok()) output_ = end->output;
    return end.ok() ? end->exit_status : -1;
  }
  // The file OUT that openssl made out of key.pem, with the passphrase "correct horse".
  std::string made(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"-in", "key.pem", "-out", "OUT", "-passout", "pass:correct horse"});
    EXPECT_EQ(openssl(arguments), 0);
    return read("OUT");
  }
  std::string read(const std::string& name) {
    const auto text = read_small_file(real_file_system(), folder_ + "/" + name, 100'000);
    EXPECT_TRUE(text.ok()) << name;
    return text.ok() ? *text : "";
  }
  void expect_ours(const std::string& pem) {
    const auto key = open(pem);
    ASSERT_TRUE(key.ok()) << key.error().message;
    EXPECT_EQ(key->public_key(), public_key_);
  }

  std::string folder_;
  std::string output_;
  P256PublicKey public_key_;
};

TEST_F(KeyFileAndOpenssl, TheirsAreRead) {
  expect_ours(read("key.pem"));
  expect_ours(made({"pkcs8", "-topk8", "-v2", "aes-256-cbc"}));
  expect_ours(made({"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-iter", "1000"}));
  ASSERT_EQ(openssl({"ec", "-in", "key.pem", "-out", "sec1.pem"}), 0);
  expect_ours(read("sec1.pem"));
  ASSERT_EQ(openssl({"ecparam", "-name", "prime256v1", "-genkey", "-out", "two.pem"}), 0);
  EXPECT_NE(read("two.pem").find("EC PARAMETERS"), std::string::npos);
  EXPECT_TRUE(open(read("two.pem")).ok());
}

TEST_F(KeyFileAndOpenssl, TheirOtherKindsAreUnsupportedByName) {
  const auto expect_unsupported = [](const std::string& pem, const std::string& word) {
    const auto file = parse_private_key_file(pem, "x");
    ASSERT_FALSE(file.ok()) << word;
    EXPECT_EQ(file.error().kind, ErrorKind::kUnsupported) << file.error().message;
    EXPECT_NE(file.error().message.find(word), std::string::npos) << file.error().message;
    EXPECT_FALSE(file.error().hint.empty());
  };
  expect_unsupported(made({"pkcs8", "-topk8", "-scrypt"}), "scrypt");
  expect_unsupported(made({"pkcs8", "-topk8", "-v2", "aes-128-cbc"}), "AES-128-CBC");
  expect_unsupported(made({"pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA1"}), "SHA-1");
  expect_unsupported(made({"pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"}), "3DES");
  expect_unsupported(made({"ec", "-aes256"}), "Proc-Type");
  ASSERT_EQ(openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384", "-out", "OUT"}),
            0);
  expect_unsupported(read("OUT"), "P-384");
  ASSERT_EQ(openssl({"genpkey", "-algorithm", "ED25519", "-out", "OUT"}), 0);
  expect_unsupported(read("OUT"), "Ed25519");
  ASSERT_EQ(openssl({"genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", "OUT"}), 0);
  expect_unsupported(read("OUT"), "RSA");
}

TEST_F(KeyFileAndOpenssl, OursAreRead) {
  const P256PrivateKey key = test_key();
  ASSERT_TRUE(write_file_atomic(real_file_system(), folder_ + "/ours.key",
                                write_private_key_file(key, passphrase(), nonces()))
                  .ok());
  ASSERT_EQ(openssl({"pkey", "-in", "ours.key", "-passin", "pass:correct horse", "-pubout"}), 0);
  EXPECT_EQ(output_, write_public_key_file(key.public_key()));
  EXPECT_NE(openssl({"pkey", "-in", "ours.key", "-passin", "pass:wrong", "-pubout"}), 0);
  ASSERT_TRUE(
      write_file_atomic(real_file_system(), folder_ + "/ours.pub", write_public_key_file(key.public_key()))
          .ok());
  ASSERT_EQ(openssl({"pkey", "-pubin", "-in", "ours.pub", "-outform", "DER"}), 0);
  EXPECT_EQ(output_, as_text(write_spki(key.public_key())));
}

// PKCS #8 around a public key that is not the private one's: whoever shows it would show another's.
TEST(KeyFile, AnotherPublicKeyInsideIsRefused) {
  const P256PrivateKey key = test_key();
  const Bytes number = der_unsigned(1);
  const Bytes secret = der_element(kDerOctetString, {key.secret()});
  const Bytes curve = der_element(
      kDerContext0, {der_element(kDerObjectId, {Bytes{0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07}})});
  const auto with_public = [&](const P256PublicKey& inside) {
    const Bytes spki = write_spki(inside);
    const Bytes bits = der_element(kDerBitString, {ByteSpan(spki).last(66)});
    const Bytes wrapped = der_element(kDerContext1, {bits});
    return parse_private_key_file(
        write_pem("EC PRIVATE KEY", der_element(kDerSequence, {number, secret, curve, wrapped})), "x");
  };
  EXPECT_TRUE(with_public(key.public_key()).ok());
  EXPECT_EQ(with_public(test_key(8).public_key()).error().kind, ErrorKind::kCorrupt);
  // No curve at all, and a number that is not a secret of the curve.
  EXPECT_EQ(
      parse_private_key_file(write_pem("EC PRIVATE KEY", der_element(kDerSequence, {number, secret})), "x")
          .error()
          .kind,
      ErrorKind::kCorrupt);
  const Bytes zero = der_element(kDerOctetString, {Bytes(32, 0)});
  EXPECT_EQ(parse_private_key_file(
                write_pem("EC PRIVATE KEY", der_element(kDerSequence, {number, zero, curve})), "x")
                .error()
                .kind,
            ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier

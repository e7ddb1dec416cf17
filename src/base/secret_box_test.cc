#include "base/secret_box.h"

#include <gtest/gtest.h>

#include "base/hex_testing.h"

namespace pannier {
namespace {

Bytes derived(const std::string& passphrase, std::string_view salt, uint64_t iterations) {
  const Secret key = derive_key(Secret(std::string(passphrase)), as_bytes(salt), iterations);
  return Bytes(key.bytes().begin(), key.bytes().end());
}

// RFC 7914, section 11 (the first 32 bytes); the third has a passphrase longer than a block of the hash
// (made with Python's hashlib.pbkdf2_hmac).
TEST(DeriveKey, KnownAnswers) {
  EXPECT_EQ(derived("passwd", "salt", 1),
            from_hex("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"));
  EXPECT_EQ(derived("Password", "NaCl", 80'000),
            from_hex("4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"));
  EXPECT_EQ(derived(std::string(100, 'p'), std::string(100, 's'), 3),
            from_hex("ffb040e47aa346b314e219567af2e6a1dbc8a24f43d87a23377d2d63b6d00444"));
}

Secret aes_key() {
  return Secret(ByteSpan(from_hex("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")));
}

AesBlock start_block() {
  AesBlock start;
  for (size_t i = 0; i < start.size(); ++i) start[i] = static_cast<uint8_t>(i);
  return start;
}

// NIST SP 800-38A, F.2.5: the four blocks, and the block of padding behind them.
TEST(Cbc, KnownAnswer) {
  const Bytes plain = from_hex(
      "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
      "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  const Bytes encrypted = encrypt_cbc(aes_key(), start_block(), plain);
  EXPECT_EQ(encrypted.size(), 80u);
  EXPECT_EQ(Bytes(encrypted.begin(), encrypted.begin() + 64),
            from_hex("f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
                     "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"));
}

TEST(Cbc, EveryLengthComesBack) {
  for (size_t length = 0; length <= 50; ++length) {
    const Bytes plain(length, 9);
    const Bytes encrypted = encrypt_cbc(aes_key(), start_block(), plain);
    EXPECT_EQ(encrypted.size(), (length / 16 + 1) * 16);
    const auto decrypted = decrypt_cbc(aes_key(), start_block(), encrypted);
    ASSERT_TRUE(decrypted.ok()) << length;
    EXPECT_EQ(decrypted->text(), as_text(plain));
  }
}

TEST(Cbc, WrongLengthsAndPaddingsAreRefused) {
  const Bytes good = encrypt_cbc(aes_key(), start_block(), Bytes(20, 9));
  for (const size_t length : {0u, 1u, 15u, 17u, 31u}) {
    EXPECT_FALSE(decrypt_cbc(aes_key(), start_block(), ByteSpan(good).first(length)).ok()) << length;
  }
  // A bit of the first block turns the same bit of the second: here of its padding, 12 times 0x0C.
  for (size_t byte = 4; byte < 16; ++byte) {
    Bytes bent = good;
    bent[byte] ^= 0x40;
    EXPECT_FALSE(decrypt_cbc(aes_key(), start_block(), bent).ok()) << byte;
  }
  Bytes zero = good;
  zero[15] ^= 0x0C;
  EXPECT_FALSE(decrypt_cbc(aes_key(), start_block(), zero).ok());
  EXPECT_FALSE(decrypt_cbc(Secret(ByteSpan(Bytes(32, 1))), start_block(), good).ok());
}

}  // namespace
}  // namespace pannier

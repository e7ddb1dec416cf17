#include "format/pem.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "base/p256_testing.h"
#include "format/key_file.h"

namespace pannier {
namespace {

using p256_testing::test_key;

TEST(Pem, EveryLengthComesBackInLinesOf64) {
  for (size_t length = 0; length < 200; ++length) {
    const Bytes der(length, 0xA5);
    const std::string text = write_pem("TEST", der);
    const auto block = parse_pem(text, "x");
    ASSERT_TRUE(block.ok()) << length << block.error().message;
    EXPECT_EQ(block->label, "TEST");
    EXPECT_EQ(block->der.text(), as_text(der));
    for (size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      EXPECT_LE(text.find('\n', begin) - begin, 64u);
    }
  }
}

TEST(Pem, WhiteSpaceAroundAndWithinIsFine) {
  const std::string pem = write_public_key_file(test_key().public_key());
  std::string windows = "\n\t ";
  for (const char c : pem) windows += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_TRUE(parse_public_key_file(windows + "\n\n", "x").ok());
}

TEST(Pem, MalformedTextsAreRefused) {
  const std::string pem = write_public_key_file(test_key().public_key());
  const std::string body = pem.substr(27, pem.find("\n-----END") - 27);
  for (const std::string& bad :
       std::vector<std::string>{std::string(), std::string("hello"), "x" + pem, pem + "x", pem + pem,
                                pem.substr(1), pem.substr(0, pem.size() - 3), "-----BEGIN PUBLIC KEY" + body,
                                "-----BEGIN " + std::string(500, 'x'),
                                "-----BEGIN PUBLIC KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n",
                                "-----BEGIN PUBLIC KEY-----\n*" + body + "\n-----END PUBLIC KEY-----\n",
                                "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
                                "-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----\n"}) {
    const auto key = parse_public_key_file(bad, "alice.pub");
    ASSERT_FALSE(key.ok()) << bad;
    EXPECT_EQ(key.error().kind, ErrorKind::kCorrupt) << bad << key.error().message;
  }
  EXPECT_EQ(parse_public_key_file(std::string(limits::kKeyFileBytesMax + 1, ' '), "x").error().kind,
            ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier

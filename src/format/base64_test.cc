// Base64: RFC 4648's examples, and one text for each sequence of bytes.
#include "format/base64.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

TEST(Base64, ExamplesOfTheRfc) {
  const std::pair<const char*, const char*> kExamples[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : kExamples) {
    EXPECT_EQ(base64_encode(bytes), text);
    const auto decoded = base64_decode(text);
    ASSERT_TRUE(decoded.ok()) << text;
    EXPECT_EQ(*decoded, bytes);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  for (size_t length = 0; length <= bytes.size(); ++length) {
    const auto decoded = base64_decode(base64_encode(bytes.substr(0, length)));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, bytes.substr(0, length));
  }
}

TEST(Base64, RefusesEverythingElse) {
  // Cut, padding where none belongs, letters outside, unused bits that are not zero.
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zm=v", "Zm9v====", "Zm9\n", "Zm9-",
                           "Zh==", "Zm9=", "Zg==Zg=="}) {
    EXPECT_FALSE(base64_decode(text).ok()) << text;
  }
}

}  // namespace
}  // namespace pannier

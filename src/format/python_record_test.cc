#include <gtest/gtest.h>

#include "base/limits.h"
#include "format/python_golden_test.h"
#include "format/python_metadata.h"

namespace pannier {
namespace {

constexpr const char* kDigest = "sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";

TEST(PythonRecordTest, ReadsLinesAsPythonsCsvDoes) {
  const JsonDocument golden = python_golden("texts");
  for (const JsonValue row : golden.root()["records"].elements()) {
    const auto parsed = parse_wheel_record(text_of(row["text"]), "R");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    ASSERT_EQ(parsed->size(), row["rows"].size());
    size_t i = 0;
    for (const JsonValue fields : row["rows"].elements()) {
      const std::vector<std::string> texts = texts_of(fields);
      EXPECT_EQ((*parsed)[i].path, texts[0]);
      EXPECT_EQ((*parsed)[i].sha256.has_value(), !texts[1].empty());
      EXPECT_EQ((*parsed)[i].bytes.has_value(), !texts[2].empty());
      ++i;
    }
  }
}

TEST(PythonRecordTest, DigestsAreBase64ForUrls) {
  const auto parsed = parse_wheel_record(std::string("a,") + kDigest + ",0\n", "R");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  EXPECT_EQ((*parsed)[0].sha256, sha256(""));
  EXPECT_EQ((*parsed)[0].bytes, 0u);
}

TEST(PythonRecordTest, WhatIsNoRecordIsRefusedWithItsLine) {
  struct Case {
    std::string text;
    const char* reason;
    ErrorKind kind = ErrorKind::kCorrupt;
  };
  const std::vector<Case> cases = {
      {"a,,\nb\n", "R, line"},
      {"a,,\nb,\n", "2 columns"},
      {"a,,,\n", "more than three"},
      {",,\n", "no path"},
      {"a,md5=x,1\n", "only sha256", ErrorKind::kUnsupported},
      {"a,sha256=,1\n", "digest that is none"},
      {"a,sha256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU,1\n", "digest that is none"},
      {"a,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV,1\n", "digest that is none"},
      {"a,sha256=47DEQpj8,1\n", "digest that is none"},
      {std::string("a,") + kDigest + ",x\n", "size that is none"},
      {std::string("a,") + kDigest + ",-1\n", "size that is none"},
      {std::string("a,") + kDigest + ",9999999999999999999\n", "size that is none"},
      {"\"a,,\n", "does not end"},
      {"\"a\"b,,\n", "in the midst"},
      {"a\"b,,\n", "in the midst"},
      {"a\rb,,\n", "in the midst"},
      {"\xff,,\n", "not UTF-8"},
      {std::string(5'000, 'a') + ",,\n", "too long"},
      {"\"" + std::string(5'000, 'a') + "\",,\n", "too long"},
  };
  for (const Case& example : cases) {
    const auto parsed = parse_wheel_record(example.text, "R");
    ASSERT_FALSE(parsed.ok()) << example.text;
    EXPECT_EQ(parsed.error().kind, example.kind) << example.text;
    EXPECT_NE(parsed.error().message.find(example.reason), std::string::npos) << parsed.error().message;
  }
  EXPECT_NE(parse_wheel_record("a,,\n\n\"b\nc\",,\nx\n", "R").error().message.find("line"),
            std::string::npos);
}

TEST(PythonRecordTest, MillionsOfLinesAreRefused) {
  std::string text;
  for (uint32_t i = 0; i <= limits::kWheelEntriesMax; ++i) text += "a,,\n";
  EXPECT_EQ(parse_wheel_record(text, "R").error().kind, ErrorKind::kLimit);
}

}  // namespace
}  // namespace pannier

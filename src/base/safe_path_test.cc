#include "base/safe_path.h"

#include <gtest/gtest.h>

#include "base/limits.h"

namespace pannier {
namespace {

SafePath path(const std::string& text) {
  Result<SafePath> parsed = SafePath::parse(text);
  EXPECT_TRUE(parsed.ok()) << text;
  return std::move(parsed).value();
}

TEST(SafePath, TakesWhatRepositoriesHold) {
  for (const char* text : {"config.json", "1_Pooling/config.json", ".gitattributes", "a b/c-d_e.f",
                           "ünïcödé/文.txt", "model-00001-of-00002.safetensors", "...", "console.log"}) {
    const Result<SafePath> parsed = SafePath::parse(text);
    // "..." ends in a dot, which Windows strips.
    EXPECT_EQ(parsed.ok(), std::string(text) != "...") << text;
  }
  EXPECT_EQ(path("a/b").under("/root"), "/root/a/b");
}

// Each would leave the folder it is joined to, or mean another file on another machine.
TEST(SafePathHostile, EscapesAreRefused) {
  const std::string nul("a\0b", 3);
  for (const std::string& text : {std::string(""),
                                  std::string("/etc/passwd"),
                                  std::string("../x"),
                                  std::string("a/../../x"),
                                  std::string("a/./b"),
                                  std::string("a//b"),
                                  std::string("a/"),
                                  std::string("."),
                                  std::string(".."),
                                  std::string("a\\..\\b"),
                                  std::string("C:x"),
                                  std::string("file:stream"),
                                  nul,
                                  std::string("a\nb"),
                                  std::string("a\x7f"),
                                  std::string("\xff"),
                                  std::string("a\xc0\xaf"),
                                  std::string("nul"),
                                  std::string("x/COM1.txt"),
                                  std::string("trailing."),
                                  std::string("trailing /x"),
                                  std::string(limits::kPathBytesMax + 1, 'a'),
                                  std::string(256, 'a')}) {
    EXPECT_FALSE(SafePath::parse(text).ok()) << text;
  }
  std::string deep = "a";
  for (uint32_t i = 1; i < limits::kPathDepthMax; ++i) deep += "/a";
  EXPECT_TRUE(SafePath::parse(deep).ok());
  EXPECT_FALSE(SafePath::parse(deep + "/a").ok());
}

TEST(SafePathHostile, MessagesDoNotCarryControlCharacters) {
  const std::string message = SafePath::parse("a\x1b[2Jb").error().message;
  EXPECT_EQ(message.find('\x1b'), std::string::npos);
  EXPECT_NE(message.find("control character"), std::string::npos);
}

TEST(SafePathSet, RefusesNamesThatCollide) {
  SafePathSet set;
  EXPECT_TRUE(set.add(path("README.md")).ok());
  EXPECT_TRUE(set.add(path("a/b/c")).ok());
  EXPECT_TRUE(set.add(path("a/b/d")).ok());
  EXPECT_NE(set.add(path("readme.MD")).error().message.find("differ only in case"), std::string::npos);
  EXPECT_NE(set.add(path("A/x")).error().message.find("differ only in case"), std::string::npos);
  EXPECT_NE(set.add(path("a/b/c")).error().message.find("twice"), std::string::npos);
  EXPECT_NE(set.add(path("a/b")).error().message.find("both a file and a folder"), std::string::npos);
  EXPECT_NE(set.add(path("README.md/x")).error().message.find("both a file and a folder"), std::string::npos);
  // Composed and decomposed e-acute are one name on some systems.
  EXPECT_TRUE(set.add(path("\u00e9")).ok());
  EXPECT_FALSE(set.add(path("e\u0301")).ok());
}

}  // namespace
}  // namespace pannier

#include "cli/text_input.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/limits.h"

namespace pannier {
namespace {

class TextFile {
 public:
  explicit TextFile(const std::string& contents, const std::string& ending = "") {
    std::string pattern = testing::TempDir() + "pannier-text-XXXXXX" + ending;
    const int fd = mkstemps(pattern.data(), static_cast<int>(ending.size()));
    EXPECT_GE(fd, 0);
    ::close(fd);
    path_ = pattern;
    std::ofstream(path_, std::ios::binary) << contents;
  }
  ~TextFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::vector<std::string> read_all(TextInput& input, std::optional<Error>* error = nullptr) {
  std::vector<std::string> texts;
  std::string text;
  while (true) {
    const Result<bool> more = input.next(text);
    if (!more.ok()) {
      if (error != nullptr) *error = more.error();
      return texts;
    }
    if (!*more) return texts;
    texts.push_back(text);
  }
}

std::vector<std::string> lines_of(const std::string& contents) {
  const TextFile file(contents);
  const auto input = texts_from_file(file.path(), TextFormat::kAuto);
  EXPECT_TRUE(input.ok());
  return read_all(**input);
}

using Texts = std::vector<std::string>;

TEST(TextInput, ALineIsAText) {
  EXPECT_EQ(lines_of(""), Texts{});
  EXPECT_EQ(lines_of("a"), Texts{"a"});
  EXPECT_EQ(lines_of("a\n"), Texts{"a"});
  EXPECT_EQ(lines_of("a\n\n b \r\nc"), (Texts{"a", "", " b ", "c"}));
  EXPECT_EQ(lines_of("\n"), Texts{""});
}

TEST(TextInput, LinesLongerThanTheBufferComeWhole) {
  const std::string line(1'000'000, 'x');
  EXPECT_EQ(lines_of(line + "\nshort\n" + line), (Texts{line, "short", line}));
}

TEST(TextInput, JsonLinesByTheName) {
  const TextFile file("\"a \\u00e9\"\n\n{\"id\": 1, \"text\": \"b\"}\n{\"inputs\": \"c\"}\n", ".jsonl");
  const auto input = texts_from_file(file.path(), TextFormat::kAuto);
  EXPECT_EQ(read_all(**input), (Texts{"a \u00e9", "b", "c"}));
}

TEST(TextInputHostile, BadJsonLinesAreNamedByTheirLine) {
  for (const char* bad : {"{\"text\": 5}", "[\"a\"]", "{", "{\"other\": \"x\"}"}) {
    const TextFile file(std::string("\"fine\"\n") + bad + "\n", ".jsonl");
    const auto input = texts_from_file(file.path(), TextFormat::kAuto);
    std::optional<Error> error;
    EXPECT_EQ(read_all(**input, &error), Texts{"fine"});
    ASSERT_TRUE(error.has_value()) << bad;
    EXPECT_EQ(error->kind, ErrorKind::kCorrupt);
    EXPECT_NE(error->message.find("line 2"), std::string::npos) << error->message;
  }
}

TEST(TextInputHostile, AnEndlessLineIsRefused) {
  // A sparse file of NUL bytes: no line feed ever comes.
  const TextFile file("");
  ASSERT_EQ(::truncate(file.path().c_str(), static_cast<off_t>(limits::kTextBytesMax + 10 * limits::kMiB)),
            0);
  const auto input = texts_from_file(file.path(), TextFormat::kLines);
  std::optional<Error> error;
  EXPECT_EQ(read_all(**input, &error), Texts{});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, ErrorKind::kLimit);
}

TEST(TextInput, AMissingFileIsNotFound) {
  EXPECT_EQ(texts_from_file("/nonexistent/x", TextFormat::kAuto).error().kind, ErrorKind::kNotFound);
}

}  // namespace
}  // namespace pannier

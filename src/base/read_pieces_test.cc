#include "base/read_pieces.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"

namespace pannier {
namespace {

TEST(ReadPieces, GivesAllOfAFileInOrder) {
  MemoryFileSystem fs;
  for (const size_t bytes :
       {size_t{0}, size_t{1}, size_t{limits::kMiB}, size_t{limits::kMiB + 1}, size_t{2'500'000}}) {
    std::string contents(bytes, '\0');
    for (size_t i = 0; i < bytes; ++i) contents[i] = static_cast<char>(i * 7 + i / 256);
    ASSERT_TRUE(write_file_atomic(fs, "file", contents).ok());
    const auto file = fs.open("file");
    std::string read;
    size_t pieces = 0;
    ASSERT_TRUE(read_pieces(**file, [&](ByteSpan piece) -> Status {
                  EXPECT_LE(piece.size(), limits::kMiB);
                  read += as_text(piece);
                  ++pieces;
                  return {};
                }).ok());
    EXPECT_EQ(read, contents) << bytes;
    EXPECT_EQ(pieces, (bytes + limits::kMiB - 1) / limits::kMiB);
  }
}

TEST(ReadPieces, EndsWithTheTakersError) {
  MemoryFileSystem fs;
  ASSERT_TRUE(write_file_atomic(fs, "file", std::string(3 * limits::kMiB, 'x')).ok());
  const auto file = fs.open("file");
  size_t pieces = 0;
  const Status status = read_pieces(**file, [&](ByteSpan) -> Status {
    if (++pieces == 2) return Error{ErrorKind::kInterrupted, "enough", ""};
    return {};
  });
  EXPECT_EQ(status.error().kind, ErrorKind::kInterrupted);
  EXPECT_EQ(pieces, 2u);
}

}  // namespace
}  // namespace pannier

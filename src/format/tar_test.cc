// The one way to write a tar entry, and that nothing else is read.
#include "format/tar.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr uint64_t kGiB = limits::kGiB;

Result<ParsedTarHeader> parse(const std::string& bytes) {
  return parse_tar_header(as_bytes(bytes), 4096, "x.pannier");
}

// Puts the right checksum into each header block, so that a test meets the check it is about.
std::string with_checksums(std::string header) {
  for (size_t start = 0; start < header.size(); start += 512) {
    if (header.compare(start + 257, 5, "ustar") != 0) continue;
    header.replace(start + 148, 8, "        ");
    unsigned sum = 0;
    for (size_t i = start; i < start + 512; ++i) sum += static_cast<unsigned char>(header[i]);
    char text[9];
    std::snprintf(text, sizeof text, "%06o", sum);
    header.replace(start + 148, 8, std::string(text, 6) + std::string("\0 ", 2));
  }
  return header;
}

std::string changed(std::string header, size_t offset, std::string_view bytes) {
  return with_checksums(header.replace(offset, bytes.size(), bytes));
}

void expect_refusal(const std::string& header, ErrorKind kind, const std::string& message) {
  const auto parsed = parse(header);
  ASSERT_FALSE(parsed.ok()) << message;
  EXPECT_EQ(parsed.error().kind, kind) << parsed.error().to_string();
  EXPECT_NE(parsed.error().message.find(message), std::string::npos) << parsed.error().to_string();
  EXPECT_NE(parsed.error().message.find("x.pannier: tar header at offset 4096"), std::string::npos);
}

// Field by field, as POSIX lays it out.
TEST(Tar, WritesUstar) {
  const std::string header = write_tar_header({"blobs/a.txt", 1234});
  std::string expected(512, '\0');
  expected.replace(0, 11, "blobs/a.txt");
  expected.replace(100, 24,
                   std::string("0000644\0"
                               "0000000\0"
                               "0000000\0",
                               24));
  expected.replace(124, 24,
                   std::string("00000002322\0"
                               "00000000000\0",
                               24));
  expected.replace(156, 1, "0");
  expected.replace(257, 8,
                   std::string("ustar\0"
                               "00",
                               8));
  expected.replace(329, 16,
                   std::string("0000000\0"
                               "0000000\0",
                               16));
  EXPECT_EQ(header, with_checksums(expected));
}

TEST(Tar, WritesAPaxHeaderOnlyForWhatNeedsIt) {
  EXPECT_EQ(write_tar_header({"a", kTarUstarSizeMax}).size(), 512u);
  const std::string header = write_tar_header({"a", kTarUstarSizeMax + 1});
  ASSERT_EQ(header.size(), 1536u);
  EXPECT_EQ(header.substr(0, 15), std::string("././@PaxHeader\0", 15));
  EXPECT_EQ(header[156], 'x');
  EXPECT_EQ(header.substr(124, 12), std::string("00000000023\0", 12)) << "19 bytes of records";
  EXPECT_EQ(header.substr(512, 20), std::string("19 size=8589934592\n\0", 20));
  EXPECT_EQ(header.substr(1024 + 124, 12), std::string("00000000000\0", 12));
}

TEST(Tar, ReadsBackWhatItWrites) {
  const std::string long_path = "blobs/sha256/" + std::string(64, 'a') + "/b/c/d/e/f/g/h/i/jjj";
  for (const std::string& path : {std::string("a"), std::string("blobs/sha256/x"), long_path}) {
    for (const uint64_t bytes :
         {uint64_t{0}, uint64_t{1}, uint64_t{512}, kTarUstarSizeMax, kTarUstarSizeMax + 1,
          uint64_t{9'999'999'999}, uint64_t{10'000'000'000}, 700 * kGiB, limits::kBundleBytesMax}) {
      const std::string header = write_tar_header({path, bytes});
      const auto parsed = parse(header);
      ASSERT_TRUE(parsed.ok()) << path << " " << bytes << ": " << parsed.error().to_string();
      EXPECT_EQ(parsed->entry.path, path);
      EXPECT_EQ(parsed->entry.bytes, bytes);
      EXPECT_EQ(parsed->header_bytes, header.size());
      // What follows the header is not its business.
      EXPECT_TRUE(parse(header + "contents").ok());
      EXPECT_EQ(tar_entry_bytes({path, bytes}), header.size() + bytes + tar_padding_bytes(bytes));
      EXPECT_EQ(tar_entry_bytes({path, bytes}) % 512, 0u);
    }
  }
}

TEST(Tar, Padding) {
  EXPECT_EQ(tar_padding_bytes(0), 0u);
  EXPECT_EQ(tar_padding_bytes(1), 511u);
  EXPECT_EQ(tar_padding_bytes(511), 1u);
  EXPECT_EQ(tar_padding_bytes(512), 0u);
  EXPECT_EQ(tar_padding_bytes(513), 511u);
}

// Every bit counts: there is one header for an entry, and no byte of it is free.
TEST(Tar, EveryFlippedBitIsRefused) {
  const std::string header = write_tar_header({"blobs/a.txt", 1234});
  for (size_t i = 0; i < header.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string flipped = header;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
      EXPECT_FALSE(parse(flipped).ok()) << "byte " << i << " bit " << bit;
    }
  }
}

// With the checksum made right again, and in a pax record, which tar gives none: what is accepted is
// the header of another entry, written as we would write it. A bundle's index then says that it is wrong.
TEST(Tar, EveryFlippedBitThatIsAcceptedIsAnotherEntryInCanonicalForm) {
  for (const uint64_t bytes : {uint64_t{1234}, 10 * kGiB}) {
    const TarEntry entry{"blobs/a.txt", bytes};
    const std::string header = write_tar_header(entry);
    size_t accepted = 0;
    for (size_t i = 0; i < header.size(); ++i) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string flipped = header;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << bit));
        flipped = with_checksums(flipped);
        const auto parsed = parse(flipped);
        const bool is_in_checksum = i % 512 >= 148 && i % 512 < 156 && i / 512 != 1;
        if (!parsed.ok() || is_in_checksum) continue;  // (mended, the checksum is what it was)
        ++accepted;
        EXPECT_EQ(write_tar_header(parsed->entry), flipped) << "byte " << i << " bit " << bit;
        EXPECT_TRUE(parsed->entry.path != entry.path || parsed->entry.bytes != entry.bytes);
      }
    }
    EXPECT_GT(accepted, 0u) << "else this test tests nothing";
  }
}

TEST(Tar, EveryTruncationIsRefused) {
  for (const uint64_t bytes : {uint64_t{1234}, 10 * kGiB}) {
    const std::string header = write_tar_header({"a", bytes});
    for (size_t length = 0; length < header.size(); ++length) {
      EXPECT_EQ(parse(header.substr(0, length)).error().kind, ErrorKind::kCorrupt) << length;
    }
  }
}

TEST(Tar, ZerosAreNoHeader) {
  expect_refusal(std::string(512, '\0'), ErrorKind::kCorrupt, "a block of zeros");
}

// Extracted by tar, a link lets the next entry write wherever it points.
TEST(Tar, EverythingButFilesIsRefusedByName) {
  const std::pair<char, const char*> rows[] = {
      {'1', "a hard link"},        {'2', "a symbolic link"},
      {'3', "a character device"}, {'4', "a block device"},
      {'5', "a folder"},           {'6', "a pipe"},
      {'7', "a contiguous file"},  {'g', "a global pax header"},
      {'L', "a GNU long name"},    {'K', "a GNU long name"},
      {'S', "a sparse file"},      {'\0', "an old-style file"},
      {'Z', "an unknown kind"},
  };
  for (const auto& [type, name] : rows) {
    const std::string header = changed(write_tar_header({"a", 1}), 156, std::string_view(&type, 1));
    expect_refusal(header, ErrorKind::kUnsupported, name);
  }
}

TEST(Tar, UnsafePathsAreRefused) {
  for (const char* path : {"../a", "/etc/passwd", "a/../b", "a//b", "./a", "a/", "a\\b", "c:a", "aux"}) {
    std::string header = write_tar_header({"xxxxxxxxxxxxxxxx", 1});
    header.replace(0, 16, std::string(16, '\0'));
    expect_refusal(changed(header, 0, path), ErrorKind::kCorrupt, "is refused");
  }
  std::string empty = write_tar_header({"a", 1});
  expect_refusal(changed(empty, 0, std::string_view("\0", 1)), ErrorKind::kCorrupt, "is refused");
}

TEST(Tar, PathsAreAscii) {
  expect_refusal(changed(write_tar_header({"aaaa", 1}), 0, "\xc3\xa9"), ErrorKind::kCorrupt,
                 "not plain ASCII");
  expect_refusal(changed(write_tar_header({"aaaa", 1}), 0, "\x1b["), ErrorKind::kCorrupt, "not plain ASCII");
}

// Two readers that stop at the NUL and at the end of the field would see two names.
TEST(Tar, BytesAfterTheNameAreRefused) {
  expect_refusal(changed(write_tar_header({"a", 1}), 50, "hidden"), ErrorKind::kCorrupt, "the field name ");
}

TEST(Tar, OtherSpellingsAreRefused) {
  const std::string header = write_tar_header({"a", 1234});
  expect_refusal(changed(header, 100, "0000755"), ErrorKind::kCorrupt, "the field mode");
  expect_refusal(changed(header, 108, "0001750"), ErrorKind::kCorrupt, "the field uid");
  expect_refusal(changed(header, 116, "0001750"), ErrorKind::kCorrupt, "the field gid");
  expect_refusal(changed(header, 136, "14770000000"), ErrorKind::kCorrupt, "the field mtime");
  expect_refusal(changed(header, 157, "b"), ErrorKind::kCorrupt, "the field linkname");
  expect_refusal(changed(header, 265, "root"), ErrorKind::kCorrupt, "the field uname");
  expect_refusal(changed(header, 297, "root"), ErrorKind::kCorrupt, "the field gname");
  expect_refusal(changed(header, 345, "etc"), ErrorKind::kCorrupt, "the field prefix");
  expect_refusal(changed(header, 500, "x"), ErrorKind::kCorrupt, "the field padding");
  expect_refusal(changed(header, 124, "       2322"), ErrorKind::kCorrupt, "not 11 octal digits");
  expect_refusal(changed(header, 124, "00000002322 "), ErrorKind::kCorrupt, "not 11 octal digits");
}

// GNU's base-256 form could say any 95-bit size.
TEST(Tar, BinarySizesAreRefused) {
  expect_refusal(changed(write_tar_header({"a", 1}), 124,
                         std::string_view("\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12)),
                 ErrorKind::kCorrupt, "not 11 octal digits");
}

TEST(Tar, GnuTarIsRefused) {
  expect_refusal(changed(write_tar_header({"a", 1}), 257, "ustar  "), ErrorKind::kCorrupt, "the magic");
}

// ---- pax ----

std::string pax(const std::string& records, uint64_t length) {
  std::string header = write_tar_header({"a", 10 * kGiB});
  header.replace(512, 512, records + std::string(512 - records.size(), '\0'));
  char octal[12];
  std::snprintf(octal, sizeof octal, "%011llo", static_cast<unsigned long long>(length));
  return changed(header, 124, std::string_view(octal, 11));
}
std::string pax(const std::string& records) { return pax(records, records.size()); }

TEST(Tar, PaxRecordsHaveOneForm) {
  ASSERT_TRUE(parse(pax("20 size=10737418240\n")).ok());
  expect_refusal(pax("21 size=010737418240\n"), ErrorKind::kCorrupt, "not written canonically");
  expect_refusal(pax("19 size=10737418240\n"), ErrorKind::kCorrupt, "not written canonically");
  expect_refusal(pax("20 size=10737418240 "), ErrorKind::kCorrupt, "not a decimal number");
  expect_refusal(pax("20 size=1073741824x\n"), ErrorKind::kCorrupt, "not a decimal number");
  expect_refusal(pax("10 size=\n"), ErrorKind::kCorrupt, "not a decimal number");
  expect_refusal(pax("20=size 10737418240\n"), ErrorKind::kCorrupt, "LENGTH key=value");
  expect_refusal(pax("nothing"), ErrorKind::kCorrupt, "LENGTH key=value");
  expect_refusal(pax("20 size=10737418240\n20 size=10737418241\n"), ErrorKind::kCorrupt,
                 "not written canonically");
  expect_refusal(pax("20 size=10737418240\n", 19), ErrorKind::kCorrupt, "not written canonically");
}

// "path" would rename the entry behind the back of who checked the ustar name; "linkpath" make it a link.
TEST(Tar, UnknownPaxKeysAreNamed) {
  expect_refusal(pax("16 path=/etc/x\n"), ErrorKind::kUnsupported, "the pax key \"path\"");
  expect_refusal(pax("20 linkpath=/etc/x\n"), ErrorKind::kUnsupported, "the pax key \"linkpath\"");
  expect_refusal(pax("14 \x1b[2Jx=y\n"), ErrorKind::kUnsupported, "the pax key \"\\x1b[2Jx\"");
}

TEST(Tar, PaxSizesAreBounded) {
  expect_refusal(pax("22 size=1125899906842625\n"), ErrorKind::kLimit, "1125899906842625");
  expect_refusal(pax("29 size=9999999999999999999\n"), ErrorKind::kLimit, "9999999999999999999");
  expect_refusal(pax("30 size=99999999999999999999\n"), ErrorKind::kCorrupt, "not a decimal number");
  expect_refusal(pax("13 size=1234\n"), ErrorKind::kCorrupt, "does not need one");
}

TEST(Tar, PaxHeadersAreBounded) {
  expect_refusal(pax("20 size=10737418240\n", 8'000'000'000), ErrorKind::kLimit,
                 "a pax header of 8000000000 bytes");
  expect_refusal(pax("20 size=10737418240\n", 513), ErrorKind::kUnsupported, "a pax header of 513 bytes");
  expect_refusal(pax("20 size=10737418240\n", 0), ErrorKind::kUnsupported, "a pax header of 0 bytes");
}

TEST(Tar, APaxHeaderBelongsToAFile) {
  const std::string header = write_tar_header({"a", 10 * kGiB});
  expect_refusal(changed(header, 1024 + 156, "2"), ErrorKind::kUnsupported, "a symbolic link");
  // Two pax headers in a row: the second would be taken for the file.
  EXPECT_FALSE(parse(header.substr(0, 1024) + header).ok());
}

}  // namespace
}  // namespace pannier

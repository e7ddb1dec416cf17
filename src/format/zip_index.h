// zip: where the entries of an archive lie, as torch.save writes archives; their bytes are never touched.
//
// Layout: for each entry a local header, its bytes, and (flag 3) a data descriptor; then the central
// directory, optionally the zip64 end record and its locator, then the end record. Source: PKWARE
// APPNOTE 6.3.10. A zip says most things two or three times, and readers that believe different copies
// see different archives. So we hold a file to all copies at once: the entries cover it from its first
// byte to the central directory, each byte once and in their order; names, sizes, checksums, methods and
// flags agree wherever they are said; nothing lies before, between or behind.
// Page: docs/formats/weights.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

struct ZipEntry {
  std::string name;     // valid UTF-8 without control characters; each once in an archive
  uint64_t header = 0;  // where its local header begins
  uint64_t begin = 0;   // of its bytes in the file, end exclusive
  uint64_t end = 0;
  uint32_t crc32 = 0;  // as the archive says; compare with zip_crc32 when the bytes are read
};

struct ZipIndex {
  std::vector<ZipEntry> entries;  // in the order of their bytes
};

// Whether the file begins as a zip does that has at least one entry.
bool looks_like_zip(ByteSpan file);

// `file` is the whole file, `what` names it in messages. kCorrupt with offset, entry and reason;
// kUnsupported for compressed or encrypted entries and other well-formed things torch.save never
// writes; kLimit above base/limits.h.
Result<ZipIndex> parse_zip(ByteSpan file, std::string_view what);

// The checksum that a zip keeps of each entry's bytes.
uint32_t zip_crc32(ByteSpan bytes);

}  // namespace pannier

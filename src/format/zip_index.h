// zip: where the entries of an archive lie, as torch.save writes archives and as wheels are packed; their
// bytes are never touched.
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
  uint64_t bytes = 0;     // after unpacking, as the archive says; end - begin where not deflated
  bool deflated = false;  // only where ZipKind::kWheel; else stored as they are
  uint32_t crc32 = 0;     // of the unpacked bytes, as the archive says; compare when they are read
};

struct ZipIndex {
  std::vector<ZipEntry> entries;  // in the order of their bytes
};

// Whether the file begins as a zip does that has at least one entry.
bool looks_like_zip(ByteSpan file);

// Who wrote the archive, which decides what else may be in it.
enum class ZipKind {
  kPytorch,  // torch.save: entries are stored as they are
  kWheel,    // a Python package: entries may be deflated, and names that end with '/' are folders
};

// `file` is the whole file, `what` names it in messages. kCorrupt with offset, entry and reason;
// kUnsupported for encrypted entries, other compression and well-formed things that writers of this kind
// never do; kLimit above base/limits.h.
Result<ZipIndex> parse_zip(ByteSpan file, std::string_view what, ZipKind kind = ZipKind::kPytorch);

// The checksum that a zip keeps of each entry's bytes.
uint32_t zip_crc32(ByteSpan bytes);

}  // namespace pannier

// The strict subset of POSIX tar (pax) that bundles are made of: regular files, zero padding, one way
// to write each entry. Source: POSIX.1-2017 pax(1), ustar interchange format.
// Page: docs/formats/bundle.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

inline constexpr uint64_t kTarBlockBytes = 512;
inline constexpr uint64_t kTarTrailerBytes = 1024;  // two zero blocks; nothing may follow
// The largest size an ustar header can hold (11 octal digits); above it a pax header goes first.
inline constexpr uint64_t kTarUstarSizeMax = 077777777777;

struct TarEntry {
  std::string path;  // a valid SafePath of at most 100 bytes, ASCII
  uint64_t bytes = 0;
};

// The header block, with a pax header entry (two blocks) before it where bytes > kTarUstarSizeMax.
// Mode 0644, owner and group 0 without names, time 0. Canonical.
std::string write_tar_header(const TarEntry& entry);
// How many zero bytes follow `bytes` of contents.
uint64_t tar_padding_bytes(uint64_t bytes);
// Bytes an entry takes in the archive: header(s) + contents + padding.
uint64_t tar_entry_bytes(const TarEntry& entry);

struct ParsedTarHeader {
  TarEntry entry;
  uint64_t header_bytes = 0;  // 512, or 1536 with a pax header
};
// Reads the header(s) at the start of `bytes`, which holds at least 512 (1536 where more follow).
// Anything but the exact bytes that write_tar_header gives for the same entry is kCorrupt; links,
// devices, folders and unknown pax keys are kUnsupported and named. `offset` is for messages.
Result<ParsedTarHeader> parse_tar_header(ByteSpan bytes, uint64_t offset, std::string_view what);

}  // namespace pannier

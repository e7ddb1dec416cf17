// The header of a volume and of a parity file, and the geometry that follows from it: which bytes of the
// bundle a file carries, and which bytes a block of parity was made of. Page: docs/formats/volumes.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/result.h"

namespace pannier {

inline constexpr uint64_t kVolumeHeaderBytes = 4096;
inline constexpr std::string_view kVolumeMagic = "PANNIER-VOLUME1\n";
inline constexpr uint32_t kShardsPerGroupMax = 255;  // data and parity; GF(256) has no more
inline constexpr uint32_t kVolumesMax = 999;         // and as many parity files
inline constexpr uint32_t kParityPercentMax = 100;

// How the bundle is divided for parity; all zero without.
struct ParityShape {
  uint32_t percent = 0;
  uint64_t shard_bytes = 0;    // shard i is the bytes [i, i + 1) * shard_bytes of the bundle
  uint32_t groups = 0;         // shard i is number i / groups of group i % groups
  uint32_t rows_per_file = 0;  // parity shards in each parity file but a group's last

  friend bool operator==(const ParityShape&, const ParityShape&) = default;
};

// One parity shard of a group, or several in one file.
struct ParityPlace {
  uint32_t group = 0;
  uint32_t first_row = 0;
  uint32_t rows = 0;

  friend bool operator==(const ParityPlace&, const ParityPlace&) = default;
};

// What the headers of all files of a set agree in.
struct VolumeSetShape {
  Digest identity;            // SHA-256 of the contents of pannier/statement.json
  std::string name;           // files are called NAME.v001.pannier, NAME.p01.pannier
  uint64_t bundle_bytes = 0;  // of the bundle as one file
  uint64_t volume_bytes = 0;  // of the bundle, in each volume but the last; 0: it is one file without header
  uint64_t block_bytes = 0;   // what one check sum covers
  ParityShape parity;

  uint32_t volume_count() const;  // 0 where the bundle is one file
  uint64_t shard_count() const;   // 0 without parity
  uint64_t stripe_count() const;  // blocks in a shard
  uint32_t parity_file_count() const;
  uint32_t data_shards(uint32_t group) const;
  uint32_t parity_shards(uint32_t group) const;
  ParityPlace parity_place(uint32_t file) const;  // of parity file 0 …
  uint64_t volume_offset(uint32_t volume) const { return volume * volume_bytes; }
  uint64_t volume_content_bytes(uint32_t volume) const;  // of volume 0 …, without its header
  // Where things lie in a parity file: header, table, rows, table, header.
  uint64_t table_bytes(uint32_t group) const;
  uint64_t parity_file_bytes(uint32_t file) const;

  // "NAME.v003.pannier", "NAME.p01.pannier"; `number` from 0. One file: "NAME.pannier".
  std::string volume_file(uint32_t number) const;
  std::string parity_file(uint32_t number) const;

  friend bool operator==(const VolumeSetShape&, const VolumeSetShape&) = default;
};

struct VolumeHeader {
  VolumeSetShape set;
  bool is_parity = false;
  uint32_t number = 0;  // from 0 here, from 1 in names and in the header
  uint32_t crc = 0;     // of a volume: the CRC-32C of the CRC-32Cs (little-endian) of its blocks; parity: 0
};

// Exactly kVolumeHeaderBytes. REQUIRES: values that parse_volume_header accepts.
std::string write_volume_header(const VolumeHeader& header);

bool looks_like_volume(ByteSpan start);
// Accepts exactly what write_volume_header writes, else kCorrupt; kUnsupported ("made by a newer version");
// kLimit. `what` names the file in messages.
Result<VolumeHeader> parse_volume_header(ByteSpan bytes, std::string_view what);

// The percentage of `shards`, rounded up.
uint32_t parity_rows(uint64_t shards, uint32_t percent);

// How a bundle of so many bytes is divided. With several volumes a shard is a volume; else it is a
// hundredth of the bundle. `file_bytes_max`: no parity file will be larger (0: any size).
// REQUIRES: percent 1 … 100, block_bytes > 0, volume_bytes a multiple of it.
ParityShape choose_parity_shape(uint64_t bundle_bytes, uint64_t volume_bytes, uint64_t block_bytes,
                                uint32_t percent, uint64_t file_bytes_max);
// Blocks are 64 KiB, what an optical disc corrects as one; 4 KiB where files are small.
uint64_t choose_block_bytes(uint64_t bundle_bytes_max, uint64_t file_bytes);
// Of the bundle, in each volume, so that neither volumes nor parity files are larger than `file_bytes`;
// 0 where that is too small to hold anything.
uint64_t choose_volume_bytes(uint64_t bundle_bytes_max, uint64_t file_bytes, uint64_t block_bytes,
                             uint32_t percent);

// The name without ".pannier", ".v001.pannier" or ".p01.pannier".
std::string volume_set_name(std::string_view file_name);

}  // namespace pannier

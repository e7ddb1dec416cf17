// Stripes: the blocks of a bundle and of its parity, each with the check sum that tells whether it is right.
// Page: docs/formats/volumes.md.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/volumes/found_set.h"
#include "format/volume.h"

namespace pannier {

// The check sums of one group. Row s holds those of block s of each shard, data first.
class CheckSums {
 public:
  CheckSums(uint64_t stripes, uint32_t shards) : shards_(shards), sums_(stripes * shards), known_(stripes) {}

  uint32_t shards() const { return shards_; }
  uint64_t stripes() const { return known_.size(); }
  bool is_known(uint64_t stripe) const { return known_[stripe] != 0; }
  uint32_t at(uint64_t stripe, uint32_t shard) const { return sums_[stripe * shards_ + shard]; }
  // Not of one row from two threads at once.
  void set(uint64_t stripe, uint32_t shard, uint32_t sum) { sums_[stripe * shards_ + shard] = sum; }
  void set_known(uint64_t stripe) { known_[stripe] = 1; }

  // As it lies in a parity file: each row followed by the check sum of itself.
  Bytes write() const;
  // Takes the rows that are right, and that were not known.
  void merge(ByteSpan table);
  bool all_known() const;

 private:
  uint32_t shards_;
  std::vector<uint32_t> sums_;
  std::vector<uint8_t> known_;  // of bytes, since threads set neighbours
};

// A block of data in its group.
struct ShardBlock {
  uint32_t group = 0;
  uint32_t shard = 0;
  uint64_t stripe = 0;
};
// Which one block `number` of the bundle is, and back: where in the bundle it begins. The blocks of a shard
// follow each other there.
ShardBlock shard_block(const VolumeSetShape& set, uint64_t number);
uint64_t data_offset(const VolumeSetShape& set, const ShardBlock& block);
// How many bytes of the bundle `count` blocks of a shard have; those behind its end count as zeros.
uint64_t data_bytes(const VolumeSetShape& set, const ShardBlock& first, uint64_t count);

// What stands around the rows of a parity file: header and table before them, table and header behind.
class ParityFrame {
 public:
  struct Piece {
    uint64_t offset = 0;  // in the file
    ByteSpan bytes;       // lives as long as the frame
  };
  // Of parity file `number`; `sums`: of its group.
  ParityFrame(const VolumeSetShape& set, uint32_t number, const CheckSums& sums);
  std::array<Piece, 4> pieces() const;

 private:
  std::string header_;
  Bytes table_;
  uint64_t file_bytes_;
};

// A block as it lies in a file of the set.
struct BlockPlace {
  SetMember member;
  uint64_t offset = 0;  // in the file
};

// Where the block of a shard lies. Thread-safe: it only reads.
class Stripes {
 public:
  // Reads the tables of the parity files that are there. `found` must have parity, and outlive the object.
  // kIo, kLimit.
  static Result<std::unique_ptr<Stripes>> open(const FoundSet& found);

  const FoundSet& found() const { return found_; }
  const VolumeSetShape& set() const { return found_.set; }
  uint32_t shards(uint32_t group) const { return sums_[group].shards(); }
  const CheckSums& sums(uint32_t group) const { return sums_[group]; }

  // How many bytes `count` blocks of a shard have. Data: as data_bytes; parity: all.
  uint64_t block_bytes(uint32_t group, uint32_t shard, uint64_t stripe, uint64_t count = 1) const;
  // The file need not be there. Of a bundle in one file there is one volume, number 0. Data that lies behind
  // the bundle's end has no place.
  BlockPlace place_of(uint32_t group, uint32_t shard, uint64_t stripe) const;

  // Reads blocks [stripe, stripe + count) of a shard and says of each whether it is right; a block that is
  // not holds anything. Where no parity file knows the check sum of a stripe, what can be read counts as
  // right. REQUIRES: out.size() == count * set().block_bytes, right.size() == count.
  void read(uint32_t group, uint32_t shard, uint64_t stripe, MutableByteSpan out,
            std::span<uint8_t> right) const;
  // Makes one block out of the others of its stripe. kCorrupt where too many of them are lost or damaged.
  Status rebuild(uint32_t group, uint32_t shard, uint64_t stripe, MutableByteSpan out) const;

 private:
  explicit Stripes(const FoundSet& found);
  void read_tables(uint32_t file);
  Status read_raw(uint32_t group, uint32_t shard, uint64_t stripe, MutableByteSpan out) const;

  const FoundSet& found_;
  std::unique_ptr<ReadableFile> contents_;
  std::vector<CheckSums> sums_;  // a group
  struct Row {
    std::shared_ptr<ReadableFile> file;
    uint64_t offset = 0;
  };
  std::vector<std::vector<Row>> rows_;  // a group, a row
};

}  // namespace pannier

// Stripes: the blocks of a bundle and of its parity, each with the check sum that tells whether it is right.
// Page: docs/formats/volumes.md.
#pragma once

#include <cstdint>
#include <memory>
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

  // How many bytes of the bundle that block has; those behind them count as zeros. Parity: all.
  uint64_t block_bytes(uint32_t group, uint32_t shard, uint64_t stripe) const;
  // Where in the bundle a block of data lies.
  uint64_t data_offset(uint32_t group, uint32_t shard, uint64_t stripe) const;

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

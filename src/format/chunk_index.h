// Which pieces an older file is made of, so that a changed one can be told as copies from it. Both are cut
// where their contents say (content-defined chunking), so that an insertion moves no later cut.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace pannier {

// Cuts a stream: after a byte at which a hash of the last 64 bytes is zero in its highest bits. Method:
// FastCDC (Xia and others, USENIX ATC 2016), without its normalization.
class ContentChunker {
 public:
  // Chunks have 2^average_bits bytes on average, a quarter of that at least (but the last), eight times as
  // much at most. REQUIRES: 8 <= average_bits <= 40.
  explicit ContentChunker(uint32_t average_bits);

  // Takes the next byte; true: it is the last of a chunk, of chunk_bytes() and fingerprint(), which are then
  // valid until the next byte. Inline, as every byte of both files goes through it.
  bool take(uint8_t byte) {
    if (is_cut_) begin_chunk();
    gear_ = (gear_ << 1) + kGear[byte];
    content_ = (content_ ^ byte) * 0x100000001b3;
    ++bytes_;
    is_cut_ = (bytes_ >= bytes_min_ && (gear_ & mask_) == 0) || bytes_ == bytes_max_;
    return is_cut_;
  }
  uint64_t chunk_bytes() const { return bytes_; }
  // Of the bytes so far. Equal contents give equal ones; the reverse is to be checked.
  uint64_t fingerprint() const { return content_ ^ (content_ >> 29); }
  // Whether bytes came since the last cut.
  bool has_rest() const { return !is_cut_ && bytes_ > 0; }

 private:
  void begin_chunk() {
    gear_ = 0;
    content_ = 0xcbf29ce484222325;  // FNV-1a
    bytes_ = 0;
    is_cut_ = false;
  }

  static const uint64_t kGear[256];
  uint64_t mask_;
  uint64_t bytes_min_;
  uint64_t bytes_max_;
  uint64_t gear_ = 0;
  uint64_t content_ = 0xcbf29ce484222325;
  uint64_t bytes_ = 0;
  bool is_cut_ = false;
};

// The chunks of a base, by their fingerprints. At most 16 MiB for a base of any size: the larger it is, the
// larger are the chunks. Read-only once it is finished, and then thread-safe.
class ChunkIndex {
 public:
  explicit ChunkIndex(uint64_t base_bytes);

  // The base's bytes in order, in pieces of any size. REQUIRES: not more than base_bytes.
  void add(ByteSpan next);
  // REQUIRES: all were added. To be called once, before `find`.
  void finish();

  // Where in the base such a chunk begins (the first, where there are several).
  std::optional<uint64_t> find(uint64_t fingerprint) const;
  ContentChunker new_chunker() const { return ContentChunker(average_bits_); }
  uint64_t base_bytes() const { return base_bytes_; }
  uint64_t chunks() const { return chunks_.size(); }

 private:
  uint64_t base_bytes_;
  uint32_t average_bits_;
  ContentChunker chunker_;
  uint64_t added_ = 0;
  bool is_finished_ = false;
  std::vector<std::pair<uint64_t, uint64_t>> chunks_;  // fingerprint, offset; sorted once finished
};

}  // namespace pannier

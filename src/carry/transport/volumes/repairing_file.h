// RepairingFile: the bytes of a bundle, those that are damaged or lost made out of parity while they are
// read.
#pragma once

#include <memory>
#include <mutex>

#include "base/fs.h"
#include "base/result.h"
#include "carry/transport/volumes/found_set.h"
#include "carry/transport/volumes/stripes.h"

namespace pannier {

// Thread-safe. Every byte is checked against the check sum of its block before it is given out.
class RepairingFile : public ReadableFile {
 public:
  // `found` must have parity.
  static Result<std::unique_ptr<RepairingFile>> open(FoundSet found);

  uint64_t size() const override { return found_.set.bundle_bytes; }
  // kCorrupt where more is damaged or lost than parity makes good.
  Status read_at(uint64_t offset, MutableByteSpan out) override;

 private:
  explicit RepairingFile(FoundSet found) : found_(std::move(found)) {}
  // Whole blocks of one shard, the last of the bundle as long as it is.
  Status read_blocks(uint64_t block, MutableByteSpan out);
  Status read_part(uint64_t block, uint64_t within, MutableByteSpan out);

  const FoundSet found_;
  std::unique_ptr<Stripes> stripes_;
  // The block that a read ended in, since the next one often begins there.
  std::mutex mutex_;
  uint64_t kept_block_ = UINT64_MAX;
  Bytes kept_;
};

}  // namespace pannier

#include "carry/transport/volumes/repairing_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

namespace pannier {

Result<std::unique_ptr<RepairingFile>> RepairingFile::open(FoundSet found) {
  std::unique_ptr<RepairingFile> file(new RepairingFile(std::move(found)));
  PANNIER_ASSIGN(file->stripes_, Stripes::open(file->found_));
  return file;
}

Status RepairingFile::read_blocks(uint64_t block, MutableByteSpan out) {
  const uint64_t size = found_.set.block_bytes;
  const ShardBlock place = shard_block(found_.set, block);
  const uint64_t count = (out.size() + size - 1) / size;
  std::vector<uint8_t> right(count);
  Bytes padded;
  MutableByteSpan whole = out;
  if (out.size() % size != 0) {
    padded.resize(count * size);
    whole = padded;
  }
  stripes_->read(place.group, place.shard, place.stripe, whole, right);
  for (uint64_t i = 0; i < count; ++i) {
    if (right[i] != 0) continue;
    PANNIER_TRY(stripes_->rebuild(place.group, place.shard, place.stripe + i, whole.subspan(i * size, size)));
  }
  if (!padded.empty()) std::copy_n(padded.begin(), out.size(), out.begin());
  return {};
}

Status RepairingFile::read_part(uint64_t block, uint64_t within, MutableByteSpan out) {
  const std::lock_guard lock(mutex_);
  if (kept_block_ != block) {
    const uint64_t begin = block * found_.set.block_bytes;
    kept_.resize(std::min(found_.set.block_bytes, size() - begin));
    kept_block_ = UINT64_MAX;
    PANNIER_TRY(read_blocks(block, kept_));
    kept_block_ = block;
  }
  std::copy_n(kept_.begin() + static_cast<std::ptrdiff_t>(within), out.size(), out.begin());
  return {};
}

Status RepairingFile::read_at(uint64_t offset, MutableByteSpan out) {
  if (offset > size() || out.size() > size() - offset) {
    return Error{
        ErrorKind::kIo,
        fmt::format("{} ended early: wanted byte {} of {}", found_.what(), offset + out.size(), size()), ""};
  }
  const uint64_t block_bytes = found_.set.block_bytes;
  const uint64_t shard_bytes = found_.set.parity.shard_bytes;
  while (!out.empty()) {
    const uint64_t within = offset % block_bytes;
    uint64_t bytes = std::min<uint64_t>(out.size(), block_bytes - within);
    if (within != 0 || bytes < block_bytes) {
      PANNIER_TRY(read_part(offset / block_bytes, within, out.first(bytes)));
    } else {
      const uint64_t to_shard_end = shard_bytes - offset % shard_bytes;
      bytes = std::min<uint64_t>(out.size() / block_bytes * block_bytes, to_shard_end);
      PANNIER_TRY(read_blocks(offset / block_bytes, out.first(bytes)));
    }
    out = out.subspan(bytes);
    offset += bytes;
  }
  return {};
}

}  // namespace pannier

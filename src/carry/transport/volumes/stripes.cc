#include "carry/transport/volumes/stripes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "base/crc32c.h"
#include "base/limits.h"
#include "base/reed_solomon.h"

namespace pannier {
namespace {

constexpr uint64_t kSumBytes = sizeof(uint32_t);

uint32_t sum_of(const uint32_t* row, uint32_t count) {
  return crc32c(0, {reinterpret_cast<const uint8_t*>(row), count * kSumBytes});
}

}  // namespace

Bytes CheckSums::write() const {
  const uint64_t row_bytes = (shards_ + 1) * kSumBytes;
  Bytes table(stripes() * row_bytes);
  for (uint64_t stripe = 0; stripe < stripes(); ++stripe) {
    const uint32_t* row = &sums_[stripe * shards_];
    const uint32_t sum = sum_of(row, shards_);
    std::memcpy(&table[stripe * row_bytes], row, shards_ * kSumBytes);
    std::memcpy(&table[stripe * row_bytes + shards_ * kSumBytes], &sum, kSumBytes);
  }
  return table;
}

void CheckSums::merge(ByteSpan table) {
  const uint64_t row_bytes = (shards_ + 1) * kSumBytes;
  for (uint64_t stripe = 0; stripe < stripes() && (stripe + 1) * row_bytes <= table.size(); ++stripe) {
    if (is_known(stripe)) continue;
    const ByteSpan row = table.subspan(stripe * row_bytes, row_bytes);
    const uint32_t sum = read_le<uint32_t>(row.subspan(shards_ * kSumBytes));
    if (sum != crc32c(0, row.first(shards_ * kSumBytes))) continue;
    std::memcpy(&sums_[stripe * shards_], row.data(), shards_ * kSumBytes);
    set_known(stripe);
  }
}

bool CheckSums::all_known() const {
  return std::all_of(known_.begin(), known_.end(), [](uint8_t known) { return known != 0; });
}

ShardBlock shard_block(const VolumeSetShape& set, uint64_t number) {
  const uint64_t shard = number / set.stripe_count();
  return {static_cast<uint32_t>(shard % set.parity.groups), static_cast<uint32_t>(shard / set.parity.groups),
          number % set.stripe_count()};
}

uint64_t data_offset(const VolumeSetShape& set, const ShardBlock& block) {
  const uint64_t shard = uint64_t{block.shard} * set.parity.groups + block.group;
  return shard * set.parity.shard_bytes + block.stripe * set.block_bytes;
}

uint64_t data_bytes(const VolumeSetShape& set, const ShardBlock& first, uint64_t count) {
  const uint64_t offset = data_offset(set, first);
  return offset >= set.bundle_bytes ? 0 : std::min(count * set.block_bytes, set.bundle_bytes - offset);
}

ParityFrame::ParityFrame(const VolumeSetShape& set, uint32_t number, const CheckSums& sums)
    : header_(write_volume_header({set, true, number, 0})),
      table_(sums.write()),
      file_bytes_(set.parity_file_bytes(number)) {}

std::array<ParityFrame::Piece, 4> ParityFrame::pieces() const {
  const ByteSpan header = as_bytes(header_);
  const uint64_t last_header = file_bytes_ - header.size();
  return {
      {{0, header}, {header.size(), table_}, {last_header - table_.size(), table_}, {last_header, header}}};
}

Stripes::Stripes(const FoundSet& found) : found_(found), contents_(found.contents()) {
  for (uint32_t group = 0; group < set().parity.groups; ++group) {
    sums_.emplace_back(set().stripe_count(), set().data_shards(group) + set().parity_shards(group));
    rows_.emplace_back(set().parity_shards(group));
  }
}

Result<std::unique_ptr<Stripes>> Stripes::open(const FoundSet& found) {
  assert(found.has_parity());
  uint64_t table_bytes = 0;
  for (uint32_t group = 0; group < found.set.parity.groups; ++group) {
    table_bytes += found.set.table_bytes(group);
  }
  if (table_bytes > limits::kParityTableBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} bytes of check sums, at most {} are read", found.what(), table_bytes,
                             limits::kParityTableBytesMax),
                 ""};
  }
  std::unique_ptr<Stripes> stripes(new Stripes(found));
  for (uint32_t file = 0; file < found.parity.size(); ++file) {
    if (found.parity[file]) stripes->read_tables(file);
  }
  return stripes;
}

// What cannot be read of a table is as unknown as what is damaged: another one may know it.
void Stripes::read_tables(uint32_t number) {
  const std::shared_ptr<ReadableFile>& file = found_.parity[number]->file;
  const ParityPlace place = set().parity_place(number);
  const uint64_t table_bytes = set().table_bytes(place.group);
  const uint64_t rows_offset = kVolumeHeaderBytes + table_bytes;
  const uint64_t second_offset = rows_offset + place.rows * set().parity.shard_bytes;
  for (uint32_t row = 0; row < place.rows; ++row) {
    rows_[place.group][place.first_row + row] = {file, rows_offset + row * set().parity.shard_bytes};
  }
  if (sums_[place.group].all_known()) return;
  Bytes piece;
  const uint64_t row_bytes = table_bytes / set().stripe_count();
  for (const uint64_t offset : {kVolumeHeaderBytes, second_offset}) {
    piece.assign(table_bytes, 0);
    if (offset + table_bytes <= file->size() && file->read_at(offset, piece).ok()) {
      sums_[place.group].merge(piece);
      continue;
    }
    // A bad sector in it, or an end too early: row by row.
    piece.assign(table_bytes, 0xff);
    for (uint64_t at = 0; at < table_bytes && offset + at + row_bytes <= file->size(); at += row_bytes) {
      (void)file->read_at(offset + at, MutableByteSpan(piece).subspan(at, row_bytes));
    }
    sums_[place.group].merge(piece);
  }
}

uint64_t Stripes::block_bytes(uint32_t group, uint32_t shard, uint64_t stripe, uint64_t count) const {
  if (shard >= set().data_shards(group)) return count * set().block_bytes;
  return data_bytes(set(), {group, shard, stripe}, count);
}

BlockPlace Stripes::place_of(uint32_t group, uint32_t shard, uint64_t stripe) const {
  const uint32_t data = set().data_shards(group);
  if (shard < data) {
    const uint64_t offset = data_offset(set(), {group, shard, stripe});
    const uint64_t volume = found_.is_one_file() ? 0 : offset / set().volume_bytes;
    return {{false, static_cast<uint32_t>(volume)},
            found_.header_bytes() + offset - volume * set().volume_bytes};
  }
  const uint32_t row = shard - data;
  for (uint32_t file = 0;; ++file) {
    const ParityPlace place = set().parity_place(file);
    if (place.group != group || row < place.first_row || row >= place.first_row + place.rows) continue;
    return {{true, file},
            kVolumeHeaderBytes + set().table_bytes(group) +
                (row - place.first_row) * set().parity.shard_bytes + stripe * set().block_bytes};
  }
}

Status Stripes::read_raw(uint32_t group, uint32_t shard, uint64_t stripe, MutableByteSpan out) const {
  const uint32_t data = set().data_shards(group);
  if (shard < data) return contents_->read_at(data_offset(set(), {group, shard, stripe}), out);
  const Row& row = rows_[group][shard - data];
  if (row.file == nullptr) return Error{ErrorKind::kIncomplete, "a parity file is missing", ""};
  return row.file->read_at(row.offset + stripe * set().block_bytes, out);
}

void Stripes::read(uint32_t group, uint32_t shard, uint64_t stripe, MutableByteSpan out,
                   std::span<uint8_t> right) const {
  const uint64_t size = set().block_bytes;
  assert(out.size() == right.size() * size);
  const uint64_t bytes = block_bytes(group, shard, stripe, right.size());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(bytes), out.end(), 0);
  const bool all_read = bytes == 0 || read_raw(group, shard, stripe, out.first(bytes)).ok();
  for (size_t i = 0; i < right.size(); ++i) {
    const uint64_t block = block_bytes(group, shard, stripe + i);
    const MutableByteSpan part = out.subspan(i * size, block);
    // One sector that cannot be read must not cost its neighbours.
    const bool was_read = all_read || (right.size() > 1 && read_raw(group, shard, stripe + i, part).ok());
    right[i] = static_cast<uint8_t>(was_read && (!sums(group).is_known(stripe + i) ||
                                                 crc32c(0, part) == sums(group).at(stripe + i, shard)));
  }
}

Status Stripes::rebuild(uint32_t group, uint32_t shard, uint64_t stripe, MutableByteSpan out) const {
  assert(out.size() == set().block_bytes);
  const uint32_t data = set().data_shards(group);
  std::vector<uint32_t> present;
  std::vector<Bytes> blocks;
  for (uint32_t other = 0; other < shards(group) && present.size() < data; ++other) {
    if (other == shard) continue;
    Bytes block(set().block_bytes);
    uint8_t right = 0;
    read(group, other, stripe, block, {&right, 1});
    if (right == 0) continue;
    present.push_back(other);
    blocks.push_back(std::move(block));
  }
  if (present.size() < data) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: stripe {} of group {}: {} of {} blocks are right, {} are needed",
                             found_.what(), stripe, group + 1, present.size(), shards(group), data),
                 "`pannier verify --repair --to FOLDER` with all volumes tells which to have sent again"};
  }
  std::vector<const uint8_t*> sources;
  sources.reserve(blocks.size());
  for (const Bytes& block : blocks) sources.push_back(block.data());
  const uint32_t wanted[] = {shard};
  uint8_t* const outputs[] = {out.data()};
  ReedSolomon(data, set().parity_shards(group))
      .decoder(present, wanted)
      .multiply(sources, outputs, set().block_bytes);
  const uint64_t bytes = block_bytes(group, shard, stripe);
  if (!sums(group).is_known(stripe) ||
      crc32c(0, ByteSpan(out).first(bytes)) == sums(group).at(stripe, shard)) {
    return {};
  }
  return Error{ErrorKind::kCorrupt,
               fmt::format("{}: what parity gives for stripe {} of group {} is not right", found_.what(),
                           stripe, group + 1),
               ""};
}

}  // namespace pannier

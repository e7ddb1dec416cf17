#include "carry/transport/volumes/volume_files.h"

#include <algorithm>
#include <cassert>

#include "base/crc32c.h"
#include "carry/transport/volumes/pieced_file.h"

namespace pannier {

VolumeFiles::VolumeFiles(FileSystem& fs, std::string prefix, uint64_t volume_bytes, uint64_t block_bytes)
    : fs_(fs), prefix_(std::move(prefix)), volume_bytes_(volume_bytes), block_bytes_(block_bytes) {
  assert(volume_bytes % block_bytes == 0);
}

Status VolumeFiles::begin_volume() {
  current_.reset();
  temporaries_.push_back(unique_name(prefix_));
  PANNIER_ASSIGN(current_, fs_.open_or_create(temporaries_.back()));
  if (volume_bytes_ == 0) return {};
  const Bytes placeholder(kVolumeHeaderBytes);
  return current_->write_at(0, placeholder);
}

Status VolumeFiles::append(ByteSpan bytes) {
  while (!bytes.empty()) {
    const uint64_t within = volume_bytes_ == 0 ? bytes_ : bytes_ % volume_bytes_;
    if (current_ == nullptr || (within == 0 && bytes_ != 0)) PANNIER_TRY(begin_volume());
    const ByteSpan part =
        volume_bytes_ == 0 ? bytes : bytes.first(std::min<uint64_t>(bytes.size(), volume_bytes_ - within));
    PANNIER_TRY(current_->write_at(header_bytes() + within, part));
    add_to_check_sums(part);
    bytes_ += part.size();
    bytes = bytes.subspan(part.size());
  }
  return {};
}

void VolumeFiles::add_to_check_sums(ByteSpan bytes) {
  uint64_t within = bytes_ % block_bytes_;
  while (!bytes.empty()) {
    if (within == 0) check_sums_.push_back(0);
    const ByteSpan part = bytes.first(std::min<uint64_t>(bytes.size(), block_bytes_ - within));
    check_sums_.back() = crc32c(check_sums_.back(), part);
    bytes = bytes.subspan(part.size());
    within = 0;
  }
}

Result<RandomAccessFile*> VolumeFiles::volume(uint32_t number) {
  assert(number < temporaries_.size());
  if (number + 1 == temporaries_.size()) return current_.get();
  if (other_ == nullptr || other_number_ != number) {
    PANNIER_ASSIGN(other_, fs_.open_or_create(temporaries_[number]));
    other_number_ = number;
  }
  return other_.get();
}

Status VolumeFiles::write_at(uint64_t offset, ByteSpan bytes) {
  assert(offset + bytes.size() <= bytes_);
  changed_bytes_ = std::max<uint64_t>(changed_bytes_, offset + bytes.size());
  while (!bytes.empty()) {
    const uint64_t number = volume_bytes_ == 0 ? 0 : offset / volume_bytes_;
    const uint64_t within = volume_bytes_ == 0 ? offset : offset % volume_bytes_;
    const ByteSpan part =
        volume_bytes_ == 0 ? bytes : bytes.first(std::min<uint64_t>(bytes.size(), volume_bytes_ - within));
    PANNIER_ASSIGN(RandomAccessFile* const file, volume(static_cast<uint32_t>(number)));
    PANNIER_TRY(file->write_at(header_bytes() + within, part));
    offset += part.size();
    bytes = bytes.subspan(part.size());
  }
  return {};
}

Status VolumeFiles::sync() {
  for (uint32_t number = 0; number < temporaries_.size(); ++number) {
    PANNIER_ASSIGN(RandomAccessFile* const file, volume(number));
    PANNIER_TRY(file->sync());
  }
  return {};
}

Status VolumeFiles::refresh_check_sums(uint32_t number) {
  const uint64_t begin = number * volume_bytes_;
  const uint64_t end =
      std::min(volume_bytes_ == 0 ? bytes_ : std::min(begin + volume_bytes_, bytes_), changed_bytes_);
  if (begin >= end) return {};
  PANNIER_ASSIGN(RandomAccessFile* const file, volume(number));
  Bytes block(block_bytes_);
  for (uint64_t offset = begin; offset < end; offset += block_bytes_) {
    const MutableByteSpan part =
        MutableByteSpan(block).first(std::min<uint64_t>(block_bytes_, bytes_ - offset));
    PANNIER_TRY(file->read_at(header_bytes() + offset - begin, part));
    check_sums_[offset / block_bytes_] = crc32c(0, part);
  }
  return {};
}

Result<uint32_t> VolumeFiles::crc(uint32_t number) {
  PANNIER_TRY(refresh_check_sums(number));
  const uint64_t first = number * (volume_bytes_ / block_bytes_);
  const uint64_t left = check_sums_.size() - first;
  const uint64_t count = volume_bytes_ == 0 ? left : std::min<uint64_t>(volume_bytes_ / block_bytes_, left);
  return crc32c(0, {reinterpret_cast<const uint8_t*>(&check_sums_[first]), count * sizeof(uint32_t)});
}

Status VolumeFiles::write_header(uint32_t number, const std::string& header) {
  assert(volume_bytes_ != 0 && header.size() == kVolumeHeaderBytes);
  PANNIER_ASSIGN(RandomAccessFile* const file, volume(number));
  return file->write_at(0, as_bytes(header));
}

Result<std::unique_ptr<ReadableFile>> VolumeFiles::open() const {
  std::vector<FilePiece> pieces;
  pieces.reserve(temporaries_.size());
  for (size_t i = 0; i < temporaries_.size(); ++i) {
    PANNIER_ASSIGN(std::shared_ptr<ReadableFile> file, fs_.open(temporaries_[i]));
    const uint64_t bytes =
        volume_bytes_ == 0 ? bytes_ : std::min<uint64_t>(volume_bytes_, bytes_ - i * volume_bytes_);
    pieces.push_back({std::move(file), header_bytes(), bytes});
  }
  return std::unique_ptr<ReadableFile>(std::make_unique<PiecedFile>(std::move(pieces)));
}

}  // namespace pannier

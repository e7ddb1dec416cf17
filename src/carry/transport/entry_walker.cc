// A small state machine: header, contents, padding, for each entry; then the trailer.
#include "carry/transport/entry_walker.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "format/tar.h"

namespace pannier {

EntryWalker::EntryWalker(const BundleIndex& index, const BundleSegment& segment, const std::string& what,
                         BundleSink& sink, PartDecoder* decoder)
    : index_(index),
      segment_(segment),
      what_(what),
      sink_(sink),
      decoder_(decoder),
      entry_(segment.first_entry),
      position_(segment.begin) {
  begin_header();
}

void EntryWalker::begin_header() {
  if (entry_ == segment_.end_entry) {
    place_ = Place::kTrailer;
    remaining_ = segment_.end - position_;
    return;
  }
  place_ = Place::kHeader;
  header_ = write_tar_header({index_.entries[entry_].path, index_.entries[entry_].bytes});
  remaining_ = header_.size();
}

Status EntryWalker::feed(ByteSpan bytes, const std::vector<Digest>& blob_digests) {
  assert(bytes.size() <= segment_.end - position_);
  digests_.insert(digests_.end(), blob_digests.begin(), blob_digests.end());
  while (!bytes.empty()) {
    switch (place_) {
      case Place::kHeader:
        PANNIER_TRY(take_header(bytes));
        break;
      case Place::kContents:
        PANNIER_TRY(take_contents(bytes));
        break;
      case Place::kPadding:
      case Place::kTrailer:
        PANNIER_TRY(take_zeros(bytes));
        break;
    }
  }
  return {};
}

ByteSpan EntryWalker::take(ByteSpan& bytes, uint64_t count) {
  const ByteSpan taken = bytes.first(std::min<uint64_t>(count, bytes.size()));
  bytes = bytes.subspan(taken.size());
  position_ += taken.size();
  remaining_ -= taken.size();
  return taken;
}

Status EntryWalker::take_header(ByteSpan& bytes) {
  const size_t done = header_.size() - remaining_;
  const ByteSpan taken = take(bytes, remaining_);
  if (as_text(taken) != std::string_view(header_).substr(done, taken.size())) {
    // Headers and blocks are multiples of 512 bytes, so `taken` begins with a whole tar block; that
    // tells links and devices by name.
    const auto parsed = parse_tar_header(taken, position_ - taken.size(), index_.entries[entry_].path);
    return corrupt(parsed.ok() ? "its tar header is not what path and size ask for" : parsed.error().message);
  }
  if (remaining_ > 0) return {};
  assert(position_ == index_.entries[entry_].offset);
  return begin_contents();
}

Status EntryWalker::begin_contents() {
  const BundleEntry& entry = index_.entries[entry_];
  if (entry.is_part()) {
    assert(decoder_ != nullptr);
    PANNIER_TRY(decoder_->begin_part(entry_));
  } else {
    PANNIER_ASSIGN(blob_, sink_.begin_blob({entry.path, entry.digest, entry.bytes}));
  }
  place_ = Place::kContents;
  remaining_ = entry.bytes;
  // Contents without bytes end before another byte may come.
  return remaining_ == 0 ? end_contents() : Status();
}

Status EntryWalker::take_contents(ByteSpan& bytes) {
  const ByteSpan taken = take(bytes, remaining_);
  if (index_.entries[entry_].is_part()) {
    decoder_->append(taken);
  } else if (blob_) {
    PANNIER_TRY(blob_->append(taken));
  }
  return remaining_ == 0 ? end_contents() : Status();
}

Status EntryWalker::end_contents() {
  const BundleEntry& entry = index_.entries[entry_];
  if (entry.is_part()) {
    PANNIER_TRY(decoder_->end_part());
  } else {
    PANNIER_TRY(check_digest(entry));
    if (blob_) PANNIER_TRY(blob_->finish());
    blob_.reset();
  }
  place_ = Place::kPadding;
  remaining_ = tar_padding_bytes(entry.bytes);
  if (remaining_ == 0) {
    ++entry_;
    begin_header();
  }
  return {};
}

Status EntryWalker::check_digest(const BundleEntry& entry) {
  Digest found = sha256(ByteSpan());
  if (entry.bytes > 0) {
    assert(!digests_.empty());
    found = digests_.front();
    digests_.pop_front();
  }
  if (found == entry.digest) return {};
  return corrupt(
      fmt::format("its contents have digest {}, not {} as the index says, although its blocks "
                  "match: the bundle was made wrongly",
                  found.hex(), entry.digest.hex()));
}

Status EntryWalker::take_zeros(ByteSpan& bytes) {
  const ByteSpan taken = take(bytes, remaining_);
  if (std::any_of(taken.begin(), taken.end(), [](uint8_t byte) { return byte != 0; })) {
    return corrupt("the bytes that follow it are not zero");
  }
  if (remaining_ == 0 && place_ == Place::kPadding) {
    ++entry_;
    begin_header();
  }
  return {};
}

Error EntryWalker::corrupt(const std::string& detail) const {
  const size_t entry = std::min(entry_, index_.entries.size() - 1);
  const uint64_t offset = index_.entries[entry].offset;
  return {ErrorKind::kCorrupt,
          fmt::format("{}: entry {} (\"{}\", {}; block {}): {}", what_, entry, index_.entries[entry].path,
                      bundle_contents_at(index_, offset - 1, offset), offset / limits::kBlockBytes, detail),
          "get the bundle again from whoever packed it"};
}

}  // namespace pannier

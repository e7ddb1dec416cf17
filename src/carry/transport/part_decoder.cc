#include "carry/transport/part_decoder.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/read_pieces.h"
#include "format/bundle_parts.h"
#include "format/part_codec.h"

namespace pannier {
namespace {

// Reads of a base that stay inside of it.
BaseReader base_reader(ReadableFile& file) {
  return [&file](uint64_t offset, MutableByteSpan out) -> Status {
    if (offset > file.size() || out.size() > file.size() - offset) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("it asks for bytes {} to {} of a base of {} bytes", offset,
                               offset + out.size(), file.size()),
                   "get the bundle again from whoever packed it"};
    }
    return file.read_at(offset, out);
  };
}

}  // namespace

PartDecoder::PartDecoder(const BundleIndex& index, const std::string& what, const BaseBlobs* bases,
                         BundleSink& sink, BlockBuffers& buffers)
    : index_(index), what_(what), bases_(bases), sink_(sink), buffers_(buffers), decoded_(1) {
  thread_ = std::thread([this] { run(); });
}

PartDecoder::~PartDecoder() { (void)finish(); }

Status PartDecoder::finish() {
  decoded_.close();
  if (thread_.joinable()) thread_.join();
  return status_;
}

bool PartDecoder::is_last_part(size_t entry) const {
  if (entry + 1 == index_.entries.size()) return true;
  const BundleEntry& next = index_.entries[entry + 1];
  return !next.is_part() || next.decoded_offset == 0;
}

BundleBlob PartDecoder::blob_of(size_t first_part) const {
  BundleBlob blob;
  blob.digest = index_.entries[first_part].digest;
  blob.path = std::string(kBundleBlobFolder) + blob.digest.hex();
  for (size_t entry = first_part;; ++entry) {
    blob.bytes += index_.entries[entry].decoded_bytes;
    if (index_.entries[entry].base) blob.base = index_.entries[entry].base;
    if (is_last_part(entry)) return blob;
  }
}

Status PartDecoder::begin_blob(size_t entry) {
  const BundleBlob blob = blob_of(entry);
  skips_ = false;
  base_.reset();
  if (!blob.base) return {};
  if (bases_ != nullptr) {
    PANNIER_ASSIGN(base_, bases_->open(*blob.base));
  }
  skips_ = base_ == nullptr;
  return skips_ ? sink_.cannot_decode(blob) : Status();
}

Status PartDecoder::begin_part(size_t entry) {
  entry_ = entry;
  const BundleEntry& part = index_.entries[entry];
  encoded_.clear();
  encoded_.reserve(part.bytes);  // bounded with the index: no more than it decodes to
  return part.decoded_offset == 0 ? begin_blob(entry) : Status();
}

void PartDecoder::append(ByteSpan bytes) {
  if (!skips_) encoded_.insert(encoded_.end(), bytes.begin(), bytes.end());
}

Status PartDecoder::end_part() {
  if (skips_) return {};
  const BundleEntry& part = index_.entries[entry_];
  Decoded decoded{entry_, buffers_.take()};
  decoded.buffer->resize(part.decoded_bytes);
  const BaseReader base = base_ ? base_reader(*base_) : BaseReader();
  if (Status decoded_well = decode_part(*part.encoding, encoded_, base, *decoded.buffer, part.path);
      !decoded_well.ok()) {
    return with_context(std::move(decoded_well).error(),
                        fmt::format("{}: {} (entry {}, block {})", what_,
                                    bundle_contents_at(index_, part.offset, part.offset + 1), entry_,
                                    part.offset / limits::kBlockBytes));
  }
  if (decoded_.push(std::move(decoded))) return {};
  return Error{ErrorKind::kInterrupted, "an earlier part was refused", ""};  // finish() tells why
}

void PartDecoder::run() {
  while (const auto decoded = decoded_.pop()) {
    status_ = deliver(*decoded);
    if (status_.ok()) continue;
    decoded_.close();
    return;
  }
}

Status PartDecoder::deliver(const Decoded& decoded) {
  const BundleEntry& part = index_.entries[decoded.entry];
  if (part.decoded_offset == 0) {
    hash_ = Sha256();
    PANNIER_ASSIGN(blob_, sink_.begin_blob(blob_of(decoded.entry)));
  }
  hash_.update(*decoded.buffer);
  if (blob_) PANNIER_TRY(blob_->append(*decoded.buffer));
  return is_last_part(decoded.entry) ? end_blob(part) : Status();
}

Status PartDecoder::end_blob(const BundleEntry& last_part) {
  const Digest found = hash_.finish();
  if (found != last_part.digest) return wrong_digest(last_part, found);
  if (blob_) PANNIER_TRY(blob_->finish());
  blob_.reset();
  return {};
}

// Either the bundle was made wrongly, or the base has rotted: which, its digest tells.
Status PartDecoder::wrong_digest(const BundleEntry& part, const Digest& found) const {
  const std::string file = bundle_contents_at(index_, part.offset, part.offset + 1);
  if (part.base && bases_ != nullptr) {
    PANNIER_ASSIGN(const std::unique_ptr<ReadableFile> base, bases_->open(*part.base));
    Sha256 hash;
    if (base) {
      PANNIER_TRY(read_pieces(*base, [&](ByteSpan piece) {
        hash.update(piece);
        return Status();
      }));
    }
    if (hash.finish() != *part.base) {
      return Error{ErrorKind::kCorrupt,
                   fmt::format("{}: {} builds on blob {}, which is damaged in the store", what_, file,
                               part.base->oci()),
                   "`pannier fsck` takes it out and says which bundle can bring it again"};
    }
  }
  return Error{ErrorKind::kCorrupt,
               fmt::format("{}: {}: its parts decode to digest {}, not {} as the index says, although their "
                           "blocks match: the bundle was made wrongly",
                           what_, file, found.hex(), part.digest.hex()),
               "get the bundle again from whoever packed it"};
}

}  // namespace pannier

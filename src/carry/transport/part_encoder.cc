// One thread reads and digests, the others encode, and parts leave in the order in which they came.
#include "carry/transport/part_encoder.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <deque>
#include <utility>

#include "base/digest.h"
#include "base/read_pieces.h"
#include "base/threads.h"
#include "format/chunk_delta.h"
#include "format/weight_segments.h"

namespace pannier {
namespace {

// Each thread has a part, what it becomes, and scratch memory of the encoder.
constexpr uint32_t kThreadsMax = 4;

// A file that is being encoded, and how: by segments, or by chunks of the base.
struct OpenedSource {
  std::unique_ptr<ReadableFile> file;
  std::unique_ptr<ReadableFile> base;  // null where there is none
  std::vector<WeightSegment> segments;
  std::optional<ChunkIndex> chunks;
};

Result<WeightLayout> layout_of(const std::string& path, ReadableFile& file) {
  return read_weight_layout(
      path, file.size(), [&file](uint64_t offset, MutableByteSpan out) { return file.read_at(offset, out); });
}

Result<std::unique_ptr<ReadableFile>> open_base(FileSystem& fs, const PlannedBase& base) {
  PANNIER_ASSIGN(std::unique_ptr<ReadableFile> file, fs.open(base.file));
  if (file->size() == base.blob.bytes) return file;
  return Error{ErrorKind::kCorrupt,
               fmt::format("{} has {} bytes, its digest is of {}", base.file, file->size(), base.blob.bytes),
               "check this store with `pannier fsck`"};
}

Result<OpenedSource> open_source(FileSystem& fs, const EncodingSource& source, const Transfer& transfer) {
  OpenedSource opened;
  PANNIER_ASSIGN(opened.file, fs.open(source.file));
  if (opened.file->size() != source.blob.bytes) {
    return changed_while_packed(
        source.file, fmt::format("it has {} bytes now, {} before", opened.file->size(), source.blob.bytes));
  }
  if (!source.base) {
    PANNIER_ASSIGN(const WeightLayout layout, layout_of(source.path, *opened.file));
    opened.segments = weight_segments(layout);
    return opened;
  }
  PANNIER_ASSIGN(opened.base, open_base(fs, *source.base));
  if (is_worth_encoding(source.path, source.blob.bytes)) {
    PANNIER_ASSIGN(const WeightLayout layout, layout_of(source.path, *opened.file));
    PANNIER_ASSIGN(const WeightLayout base_layout, layout_of(source.base->path, *opened.base));
    opened.segments = weight_segments(layout, base_layout);
    return opened;
  }
  opened.chunks.emplace(opened.base->size());
  PANNIER_TRY(read_pieces(*opened.base, [&](ByteSpan piece) -> Status {
    opened.chunks->add(piece);
    return transfer.check_cancel();
  }));
  opened.chunks->finish();
  return opened;
}

Status read_base(ReadableFile& base, uint64_t offset, MutableByteSpan out) {
  if (offset > base.size() || out.size() > base.size() - offset) {
    return Error{ErrorKind::kCorrupt, "bytes beyond the end of the base are asked for", ""};
  }
  return base.read_at(offset, out);
}

Status encode_part(const OpenedSource& source, const Bytes& raw, uint64_t number, EncodedPart& part) {
  BaseReader base;
  if (source.base) {
    base = [&source](uint64_t offset, MutableByteSpan out) { return read_base(*source.base, offset, out); };
  }
  if (source.chunks) {
    PANNIER_ASSIGN(part, encode_chunks(raw, *source.chunks, base));
  } else {
    PANNIER_TRY(encode_weights(raw, cut_segments(source.segments, number), base, part));
  }
  if (part.bytes.size() >= raw.size()) {
    part.encoding = PartEncoding::kStored;
    part.bytes.assign(raw.begin(), raw.end());
  }
  return {};
}

}  // namespace

Error changed_while_packed(const std::string& file, const std::string& detail) {
  return {ErrorKind::kCorrupt, fmt::format("{} changed while it was packed: {}", file, detail),
          "pack again when nothing writes to it"};
}

// Parts that are being encoded, the oldest first. They use what the caller holds: none outlives the object.
class PartEncoder::Flight {
 public:
  explicit Flight(std::vector<std::unique_ptr<Piece>>& idle) : idle_(idle) {}
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  ~Flight() {
    for (auto& [done, piece] : parts_) {
      if (done.valid()) done.wait();
    }
  }

  std::unique_ptr<Piece> idle_piece() {
    if (idle_.empty()) return std::make_unique<Piece>();
    std::unique_ptr<Piece> piece = std::move(idle_.back());
    idle_.pop_back();
    return piece;
  }
  void add(std::future<Status> done, std::unique_ptr<Piece> piece) {
    parts_.emplace_back(std::move(done), std::move(piece));
  }
  size_t count() const { return parts_.size(); }
  // Waits for the oldest and hands it over.
  Status land(const std::function<Status(const EncodedPart&)>& take) {
    PANNIER_TRY(parts_.front().first.get());
    std::unique_ptr<Piece> piece = std::move(parts_.front().second);
    parts_.pop_front();
    PANNIER_TRY(take(piece->part));
    idle_.push_back(std::move(piece));
    return {};
  }

 private:
  std::vector<std::unique_ptr<Piece>>& idle_;
  std::deque<std::pair<std::future<Status>, std::unique_ptr<Piece>>> parts_;
};

uint32_t PartEncoder::default_thread_count() { return std::min(usable_processor_count(), kThreadsMax); }

PartEncoder::PartEncoder(FileSystem& fs, uint32_t thread_count) : fs_(fs), tasks_(1) {
  assert(thread_count >= 1);
  for (uint32_t i = 0; i < thread_count; ++i) threads_.emplace_back([this] { run(); });
}

PartEncoder::~PartEncoder() {
  tasks_.close();
  for (std::thread& thread : threads_) thread.join();
}

void PartEncoder::run() {
  while (auto task = tasks_.pop()) (*task)();
}

Result<EncodedBlob> PartEncoder::encode(const EncodingSource& source, const Transfer& transfer,
                                        const std::function<Status(const BundlePart&, ByteSpan)>& take) {
  PANNIER_ASSIGN(const OpenedSource opened, open_source(fs_, source, transfer));
  EncodedBlob blob;
  const auto take_next = [&](const EncodedPart& part) -> Status {
    const uint64_t decoded_bytes = bundle_part_decoded_bytes(source.blob.bytes, blob.parts.size());
    blob.parts.push_back({part.encoding, part.bytes.size(), decoded_bytes});
    if (is_delta(part.encoding)) blob.base = source.base->blob;
    return take(blob.parts.back(), part.bytes);
  };
  Flight flight(idle_);
  Sha256 sha;
  const uint64_t count = bundle_part_count(source.blob.bytes);
  for (uint64_t number = 0; number < count; ++number) {
    PANNIER_TRY(transfer.check_cancel());
    std::unique_ptr<Piece> piece = flight.idle_piece();
    piece->raw.resize(bundle_part_decoded_bytes(source.blob.bytes, number));
    PANNIER_TRY(opened.file->read_at(number * kPartBytes, piece->raw));
    Task task([&opened, number, &raw = piece->raw, &part = piece->part] {
      return encode_part(opened, raw, number, part);
    });
    const Bytes& raw = piece->raw;
    flight.add(task.get_future(), std::move(piece));
    tasks_.push(std::move(task));
    sha.update(raw);
    transfer.report(number * kPartBytes + raw.size(), source.blob.bytes);
    // One part waits for its turn while every thread has one.
    while (flight.count() > threads_.size()) PANNIER_TRY(flight.land(take_next));
  }
  while (flight.count() > 0) PANNIER_TRY(flight.land(take_next));
  if (const Digest found = sha.finish(); found != source.blob.digest) {
    return changed_while_packed(source.file, fmt::format("its digest is {} now", found.hex()));
  }
  return blob;
}

}  // namespace pannier

// zlib's raw inflate behind bounds of our own.
#include "format/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr uint64_t kPieceBytes = 64 * limits::kKiB;
constexpr uint64_t kInputBytes = 256 * limits::kKiB;

Error corrupt(const std::string& reason) { return {ErrorKind::kCorrupt, reason, ""}; }

class Inflater {
 public:
  Inflater() = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() {
    if (begun_) inflateEnd(&stream_);
  }

  Status begin() {
    // Negative: neither a zlib nor a gzip header is expected. 15: the largest window deflate knows.
    if (inflateInit2(&stream_, -15) != Z_OK) return Error{ErrorKind::kLimit, "no memory for unpacking", ""};
    begun_ = true;
    return {};
  }

  // Unpacks up to kPieceBytes from what is left of `packed`, which shrinks.
  Result<ByteSpan> next(ByteSpan& packed) {
    // zlib never writes through next_in; its type is older than const.
    stream_.next_in = const_cast<Bytef*>(packed.data());
    stream_.avail_in = static_cast<uInt>(std::min<uint64_t>(packed.size(), kInputBytes));
    const uint64_t given = stream_.avail_in;
    stream_.next_out = piece_->data();
    stream_.avail_out = static_cast<uInt>(kPieceBytes);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    packed = packed.subspan(given - stream_.avail_in);
    const ByteSpan piece(piece_->data(), kPieceBytes - stream_.avail_out);
    ended_ = status == Z_STREAM_END;
    if (status != Z_OK && status != Z_STREAM_END) {
      if (status != Z_BUF_ERROR) return corrupt("its deflated bytes are damaged");
      return corrupt("its deflated bytes end too early");
    }
    return piece;
  }
  bool ended() const { return ended_; }

 private:
  z_stream stream_{};
  bool begun_ = false;
  bool ended_ = false;
  std::unique_ptr<std::array<uint8_t, kPieceBytes>> piece_ =
      std::make_unique<std::array<uint8_t, kPieceBytes>>();
};

}  // namespace

Status inflate_exactly(ByteSpan packed, uint64_t bytes, const InflateSink& sink,
                       const InflateProgress& progress) {
  Inflater inflater;
  PANNIER_TRY(inflater.begin());
  const uint64_t packed_bytes = packed.size();
  uint64_t reported = 0;
  uint64_t unpacked = 0;
  while (!inflater.ended()) {
    PANNIER_ASSIGN(const ByteSpan piece, inflater.next(packed));
    if (piece.size() > bytes - unpacked) {
      return corrupt("it unpacks to more than the " + std::to_string(bytes) + " bytes it should have");
    }
    unpacked += piece.size();
    if (!piece.empty()) PANNIER_TRY(sink(piece));
    const uint64_t taken = packed_bytes - packed.size();
    if (progress && taken - reported >= kInputBytes) {
      PANNIER_TRY(progress(taken));
      reported = taken;
    }
  }
  if (unpacked != bytes) {
    return corrupt("it unpacks to " + std::to_string(unpacked) + " bytes, not the " + std::to_string(bytes) +
                   " it should have");
  }
  if (!packed.empty()) {
    return corrupt(std::to_string(packed.size()) + " bytes lie behind the end of its deflated bytes");
  }
  return {};
}

uint32_t running_crc32(uint32_t before, ByteSpan piece) {
  if (piece.empty()) return before;  // zlib would begin afresh where there is no address
  return static_cast<uint32_t>(crc32_z(before, piece.data(), piece.size()));
}

}  // namespace pannier

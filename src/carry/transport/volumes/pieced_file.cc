#include "carry/transport/volumes/pieced_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

namespace pannier {
namespace {

Status read_piece(const FilePiece& piece, uint64_t offset, MutableByteSpan out) {
  if (piece.file == nullptr) return Error{ErrorKind::kIncomplete, "a volume is missing", ""};
  const uint64_t begin = piece.file_offset + offset;
  if (begin > piece.file->size() || out.size() > piece.file->size() - begin) {
    return Error{
        ErrorKind::kIncomplete,
        fmt::format("a volume ends at byte {}, {} are needed", piece.file->size(), begin + out.size()),
        "copy it again from where it was packed"};
  }
  return piece.file->read_at(begin, out);
}

}  // namespace

PiecedFile::PiecedFile(std::vector<FilePiece> pieces) {
  pieces_.reserve(pieces.size());
  for (FilePiece& piece : pieces) {
    if (piece.bytes == 0) continue;
    const uint64_t offset = size_;
    size_ += piece.bytes;
    pieces_.push_back({offset, std::move(piece)});
  }
}

Status PiecedFile::read_at(uint64_t offset, MutableByteSpan out) {
  if (offset > size_ || out.size() > size_ - offset) {
    return Error{ErrorKind::kIo, fmt::format("wanted byte {} of {}", offset + out.size(), size_), ""};
  }
  auto place = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                [](uint64_t value, const Placed& placed) { return value < placed.offset; });
  if (place != pieces_.begin()) --place;
  while (!out.empty()) {
    assert(place != pieces_.end());
    const uint64_t within = offset - place->offset;
    const uint64_t bytes = std::min<uint64_t>(out.size(), place->piece.bytes - within);
    PANNIER_TRY(read_piece(place->piece, within, out.first(bytes)));
    out = out.subspan(bytes);
    offset += bytes;
    ++place;
  }
  return {};
}

}  // namespace pannier

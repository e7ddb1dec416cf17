// Layouts of safetensors and PyTorch zips by their headers, of the rest by measuring; and how they are cut.
#include "format/weight_segments.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/limits.h"
#include "format/oci.h"
#include "format/pytorch_storages.h"
#include "format/safetensors.h"
#include "format/weight_guess.h"

namespace pannier {
namespace {

constexpr uint64_t kFileBytesMin = 4 * limits::kKiB;
// A header of more is measured like data: a hundred thousand tensors fit.
constexpr uint64_t kHeaderBytesMax = 16 * limits::kMiB;
constexpr uint64_t kLengthBytes = 8;
// Of every part so many bytes, in so many places.
constexpr uint64_t kSampleBytes = 64 * limits::kKiB;
constexpr uint64_t kSamplePieces = 4;

struct Elements {
  uint8_t bytes = 1;
  bool is_float = false;
};

Elements elements_of(SafetensorsDtype dtype) {
  switch (dtype) {
    case SafetensorsDtype::kF16:
    case SafetensorsDtype::kBF16:
      return {2, true};
    case SafetensorsDtype::kF32:
    case SafetensorsDtype::kC64:
      return {4, true};
    case SafetensorsDtype::kF64:
      return {8, true};
    case SafetensorsDtype::kI16:
    case SafetensorsDtype::kU16:
      return {2, false};
    case SafetensorsDtype::kI32:
    case SafetensorsDtype::kU32:
      return {4, false};
    case SafetensorsDtype::kI64:
    case SafetensorsDtype::kU64:
      return {8, false};
    default:
      return {1, false};
  }
}

Elements elements_of(TorchDtype dtype) {
  switch (dtype) {
    case TorchDtype::kF16:
    case TorchDtype::kBF16:
      return {2, true};
    case TorchDtype::kF32:
    case TorchDtype::kC64:
      return {4, true};
    case TorchDtype::kF64:
    case TorchDtype::kC128:
      return {8, true};
    case TorchDtype::kI16:
      return {2, false};
    case TorchDtype::kI32:
      return {4, false};
    case TorchDtype::kI64:
      return {8, false};
    default:
      return {1, false};
  }
}

class LayoutReader {
 public:
  LayoutReader(uint64_t file_bytes, const ReadAt& read) : read_(read) { layout_.file_bytes = file_bytes; }

  Result<WeightLayout> run(std::string_view path) {
    PANNIER_ASSIGN(const bool is_safetensors, read_safetensors(path));
    if (is_safetensors) return std::move(layout_);
    PANNIER_ASSIGN(const std::vector<PytorchStorage> storages,
                   find_pytorch_storages(layout_.file_bytes, read_));
    if (storages.empty()) {
      PANNIER_TRY(measure_until(layout_.file_bytes));
      return std::move(layout_);
    }
    for (const PytorchStorage& storage : storages) PANNIER_TRY(add_storage(storage));
    add_bytes_until(layout_.file_bytes, "");
    return std::move(layout_);
  }

 private:
  // false: the file is something else.
  Result<bool> read_safetensors(std::string_view path) {
    if (!path.ends_with(".safetensors") || layout_.file_bytes <= kLengthBytes) return false;
    Bytes head(kLengthBytes);
    PANNIER_TRY(read_(0, head));
    const auto header_bytes = read_le<uint64_t>(head);
    if (header_bytes > kHeaderBytesMax || header_bytes > layout_.file_bytes - kLengthBytes) return false;
    head.resize(kLengthBytes + header_bytes);
    PANNIER_TRY(read_(kLengthBytes, MutableByteSpan(head).subspan(kLengthBytes)));
    const Result<SafetensorsHeader> header = parse_safetensors_head(head, layout_.file_bytes, path);
    if (!header.ok()) return false;
    // Headers of the same length are alike enough to be XORed.
    add_bytes_until(header->data_begin, fmt::format("header of {} bytes", header->data_begin));
    for (const SafetensorsTensor& tensor : header->tensors) {
      std::string name = fmt::format("{} {}", tensor.name, safetensors_dtype_name(tensor.dtype));
      for (const uint64_t dimension : tensor.shape) name += fmt::format(" {}", dimension);
      add_run(tensor.end, elements_of(tensor.dtype), std::move(name));
    }
    return true;
  }

  Status add_storage(const PytorchStorage& storage) {
    add_bytes_until(storage.begin, "");
    if (!storage.dtype) return measure_until(storage.end);
    const Elements elements = elements_of(*storage.dtype);
    const bool is_whole = (storage.end - storage.begin) % elements.bytes == 0;
    std::string name = fmt::format("storage {} {} {}", storage.key, torch_dtype_name(*storage.dtype),
                                   storage.end - storage.begin);
    add_run(storage.end, is_whole ? elements : Elements{}, std::move(name));
    return {};
  }

  // Up to `end`, in pieces of which a sample is looked at.
  Status measure_until(uint64_t end) {
    while (at_ < end) {
      const uint64_t piece_end = std::min(end, at_ + kPartBytes);
      const uint64_t piece_bytes = piece_end - at_;
      PANNIER_ASSIGN(const WeightGuess guess, measure(piece_bytes));
      const uint64_t phase = std::min<uint64_t>(guess.phase, piece_bytes);
      const uint64_t whole = (piece_bytes - phase) / guess.element_bytes * guess.element_bytes;
      add_bytes_until(at_ + phase, "");
      add_run(at_ + whole, {guess.element_bytes, guess.is_float}, "");
      add_bytes_until(piece_end, "");
    }
    return {};
  }

  // Of `bytes` from at_ on. Pieces begin at multiples of 8 from there, so that all have the same phase.
  Result<WeightGuess> measure(uint64_t bytes) {
    const uint64_t sample_bytes = std::min(kSampleBytes, bytes);
    const uint64_t pieces = sample_bytes < kSampleBytes ? 1 : kSamplePieces;
    const uint64_t piece_bytes = sample_bytes / pieces;
    Bytes sample(pieces * piece_bytes);
    for (uint64_t i = 0; i < pieces; ++i) {
      const uint64_t place = pieces == 1 ? 0 : (bytes - piece_bytes) / (pieces - 1) * i / 8 * 8;
      PANNIER_TRY(read_(at_ + place, MutableByteSpan(sample).subspan(i * piece_bytes, piece_bytes)));
    }
    return guess_weights(sample);
  }

  void add_bytes_until(uint64_t end, std::string name) { add_run(end, {}, std::move(name)); }

  void add_run(uint64_t end, Elements elements, std::string name) {
    if (end == at_) return;
    layout_.runs.push_back({at_, end - at_, elements.bytes, elements.is_float, std::move(name)});
    at_ = end;
  }

  const ReadAt& read_;
  WeightLayout layout_;
  uint64_t at_ = 0;  // up to where the runs reach
};

bool continues(const WeightSegment& before, const WeightSegment& next) {
  if (before.element_bytes != next.element_bytes || before.is_float != next.is_float) return false;
  if (before.base_offset.has_value() != next.base_offset.has_value()) return false;
  return !before.base_offset || *before.base_offset + before.bytes == *next.base_offset;
}

void append(const WeightSegment& segment, std::vector<WeightSegment>& segments) {
  if (segment.bytes == 0) return;
  if (!segments.empty() && continues(segments.back(), segment)) {
    segments.back().bytes += segment.bytes;
  } else {
    segments.push_back(segment);
  }
}

// [begin, end) of a segment, which may cut elements in two.
void append_piece(const WeightSegment& segment, uint64_t begin, uint64_t end,
                  std::vector<WeightSegment>& segments) {
  const uint64_t width = segment.element_bytes;
  const uint64_t whole_begin = std::min(end, (begin + width - 1) / width * width);
  const uint64_t whole_end = std::max(whole_begin, end / width * width);
  const auto add = [&](uint64_t from, uint64_t to, bool is_whole) {
    WeightSegment piece{to - from, 1, false, std::nullopt};
    if (is_whole) piece = {to - from, segment.element_bytes, segment.is_float, std::nullopt};
    if (segment.base_offset) piece.base_offset = *segment.base_offset + from;
    append(piece, segments);
  };
  add(begin, whole_begin, false);
  add(whole_begin, whole_end, true);
  add(whole_end, end, false);
}

}  // namespace

bool is_worth_encoding(std::string_view path, uint64_t bytes) {
  return bytes >= kFileBytesMin && file_role_of_path(path) == FileRole::kWeight;
}

Result<WeightLayout> read_weight_layout(std::string_view path, uint64_t file_bytes, const ReadAt& read) {
  return LayoutReader(file_bytes, read).run(path);
}

std::vector<WeightSegment> weight_segments(const WeightLayout& layout) {
  std::vector<WeightSegment> segments;
  for (const WeightRun& run : layout.runs) {
    append({run.bytes, run.element_bytes, run.is_float, std::nullopt}, segments);
  }
  return segments;
}

std::vector<WeightSegment> weight_segments(const WeightLayout& layout, const WeightLayout& base) {
  std::unordered_map<std::string_view, const WeightRun*> base_runs;
  for (const WeightRun& run : base.runs) {
    if (!run.name.empty()) base_runs.emplace(run.name, &run);
  }
  const bool is_same_size = layout.file_bytes == base.file_bytes;
  std::vector<WeightSegment> segments;
  for (const WeightRun& run : layout.runs) {
    WeightSegment segment{run.bytes, run.element_bytes, run.is_float, std::nullopt};
    const auto found = base_runs.find(run.name);
    if (!run.name.empty() && found != base_runs.end() && found->second->bytes == run.bytes) {
      segment.base_offset = found->second->begin;
    } else if (is_same_size) {
      segment.base_offset = run.begin;
    }
    append(segment, segments);
  }
  return segments;
}

std::vector<WeightSegment> cut_segments(std::span<const WeightSegment> file_segments, uint64_t part_index) {
  const uint64_t part_begin = part_index * kPartBytes;
  const uint64_t part_end = part_begin + kPartBytes;
  std::vector<WeightSegment> segments;
  uint64_t begin = 0;
  for (const WeightSegment& segment : file_segments) {
    if (begin >= part_end) break;
    const uint64_t end = begin + segment.bytes;
    if (end > part_begin) {
      append_piece(segment, std::max(begin, part_begin) - begin, std::min(end, part_end) - begin, segments);
    }
    begin = end;
  }
  assert(!segments.empty());
  return segments;
}

}  // namespace pannier

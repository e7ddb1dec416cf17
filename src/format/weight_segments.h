// What lies where in a file of weights: which bytes are floats of which width, and which bytes of an older
// file they are like. It only makes parts smaller: a wrong guess costs bytes on the medium, never a weight.
//
//   layout = read_weight_layout(path, bytes, read)           of the file that is packed
//   segments = weight_segments(layout)                       or weight_segments(layout, layout_of_the_base)
//   encode_weights(raw, cut_segments(segments, part), base)  for each part (format/part_codec.h)
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "format/part_codec.h"

namespace pannier {

// Fills `out` with the file's bytes from `offset`. Never asked for bytes beyond the size that was given.
using ReadAt = std::function<Status(uint64_t offset, MutableByteSpan out)>;

// Whether a file is encoded at all: weights by their name, and not tiny. The rest crosses as it is, so that
// a scanner can read it.
bool is_worth_encoding(std::string_view path, uint64_t bytes);

// A tensor, or other bytes of one kind (a header, what a guess found).
struct WeightRun {
  uint64_t begin = 0;         // in the file
  uint64_t bytes = 0;         // > 0, a multiple of element_bytes
  uint8_t element_bytes = 1;  // 1, 2, 4 or 8
  bool is_float = false;
  std::string name = {};  // of the tensor, with its type and shape; empty: not known
};

struct WeightLayout {
  uint64_t file_bytes = 0;
  std::vector<WeightRun> runs;  // cover the file from its first to its last byte, in order
};

// Reads the head of a safetensors file, or the directory of a PyTorch zip, and samples of others (64 KiB of
// every 16 MiB). A file that is damaged, or not what its name says, is measured too: the errors are those of
// `read` alone. Takes at most some 100 MB for the head with the most tensors that is read, and next to
// nothing for ordinary ones.
Result<WeightLayout> read_weight_layout(std::string_view path, uint64_t file_bytes, const ReadAt& read);

// The whole file in segments to be encoded alone, neighbours of one kind as one.
std::vector<WeightSegment> weight_segments(const WeightLayout& layout);
// The same over a base: a tensor builds on the one of its name, type and shape, wherever that lies; what has
// no name, or none that the base knows, on what lies at its place, where both files have the same size.
std::vector<WeightSegment> weight_segments(const WeightLayout& layout, const WeightLayout& base);

// The segments of part `part_index`, bytes [part_index * kPartBytes, …) of the file; an element that lies
// across the boundary becomes single bytes. REQUIRES: the part is in the file.
std::vector<WeightSegment> cut_segments(std::span<const WeightSegment> file_segments, uint64_t part_index);

}  // namespace pannier

// Order-0 entropy of the planes of every split that there may be: about what the encoder would reach.
#include "format/weight_guess.h"

#include <array>
#include <cassert>
#include <cmath>

#include "base/limits.h"
#include "format/byte_planes.h"

namespace pannier {
namespace {

constexpr uint64_t kSampleBytesMin = 1024;
// Against plain bytes, and against narrower elements: two floats make a fair 64-bit number too.
constexpr double kGainMin = 0.02;
constexpr double kGainOverNarrowerMin = 0.005;

constexpr ElementShape kShapes[] = {{2, true}, {2, false}, {4, true}, {4, false}, {8, true}, {8, false}};

// In bytes, if each byte had the shortest code that its count allows.
double entropy_bytes(ByteSpan plane) {
  std::array<uint32_t, 256> counts{};
  for (const uint8_t byte : plane) ++counts[byte];
  double bits = 0;
  uint32_t kinds = 0;
  for (const uint32_t count : counts) {
    if (count == 0) continue;
    ++kinds;
    bits += count * std::log2(static_cast<double>(plane.size()) / count);
  }
  // What a sample hides: it makes every distribution look narrower than it is (Miller and Madow), the more
  // the shorter the plane, which would favour wide elements.
  return (bits + (kinds - 1) / (2 * std::log(2.0))) / 8;
}

double planes_entropy_bytes(ByteSpan elements, ElementShape shape) {
  Bytes planes(elements.size());
  split_planes(elements, shape, planes.data());
  const uint64_t count = elements.size() / shape.element_bytes;
  double bytes = 0;
  for (uint64_t i = 0; i < shape.element_bytes; ++i) {
    bytes += entropy_bytes(ByteSpan(planes).subspan(i * count, count));
  }
  return bytes;
}

}  // namespace

WeightGuess guess_weights(ByteSpan sample) {
  assert(sample.size() <= limits::kMiB);
  WeightGuess best;
  if (sample.size() < kSampleBytesMin) return best;
  double best_share = entropy_bytes(sample) / static_cast<double>(sample.size()) - kGainMin;
  for (const ElementShape shape : kShapes) {
    for (uint8_t phase = 0; phase < shape.element_bytes; ++phase) {
      const uint64_t bytes = (sample.size() - phase) / shape.element_bytes * shape.element_bytes;
      const double share =
          planes_entropy_bytes(sample.subspan(phase, bytes), shape) / static_cast<double>(bytes);
      const bool is_wider = best.element_bytes > 1 && shape.element_bytes > best.element_bytes;
      if (share >= best_share - (is_wider ? kGainOverNarrowerMin : 0)) continue;
      best_share = share;
      best = {shape.element_bytes, shape.is_float, phase};
    }
  }
  return best;
}

}  // namespace pannier

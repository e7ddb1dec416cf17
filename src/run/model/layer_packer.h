// LayerPacker: the layers of a model, packed one after the other, each leaving the mapped file behind.
//
// A packed layer is a copy, so without this a model would be in memory twice, as the file has it and as
// the kernels want it. What a load takes at most is what was packed so far, and one layer's pages.
#pragma once

#include <span>

#include "run/ops/linear.h"
#include "run/weights/weights.h"

namespace pannier {

class LayerPacker {
 public:
  // Packs for `context` into `arena`. All must outlive it; the tensors are of `weights`.
  LayerPacker(OpContext& context, FloatArena& arena, const Weights& weights)
      : context_(&context), arena_(&arena), weights_(&weights) {}

  const Kernels& kernels() const { return context_->kernels(); }

  // As pack_linear. The tensors' pages are released: they may be read again, at the price of a page fault.
  PackedLinear pack(std::span<const LinearTensors> parts);
  PackedLinear pack(const LinearTensors& layer) { return pack(std::span(&layer, 1)); }

 private:
  OpContext* context_;
  FloatArena* arena_;
  const Weights* weights_;
};

}  // namespace pannier

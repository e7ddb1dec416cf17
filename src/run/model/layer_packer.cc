// Packing and letting go: see layer_packer.h.
#include "run/model/layer_packer.h"

namespace pannier {

PackedLinear LayerPacker::pack(std::span<const LinearTensors> parts) {
  const PackedLinear packed = pack_linear(*context_, *arena_, parts);
  for (const LinearTensors& part : parts) weights_->release(part.weight.bytes);
  return packed;
}

}  // namespace pannier

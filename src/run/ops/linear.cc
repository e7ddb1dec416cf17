// Packing and running linear layers: see linear.h.
#include "run/ops/linear.h"

#include <algorithm>
#include <cassert>
#include <cstdint>

#include "run/ops/convert.h"

namespace pannier {
namespace {

// Rows of x that go through all panels together. x's block then stays in the second-level cache
// (112 x 1536 x 4 B = 688 KB of 1 MB), and 112 is a multiple of the tile heights 14 and 4, of 6 but
// for a rest of 4.
constexpr size_t kBlockRows = 112;
// While packing, this many inputs of every output in a panel are widened at a time: 32 x 512 floats.
constexpr size_t kPackDepth = 512;

// Where output `column` of the joined layer is stored.
struct Source {
  const LinearTensors* part;
  size_t row;
};

Source find_source(std::span<const LinearTensors> parts, size_t column) {
  for (const LinearTensors& part : parts) {
    const size_t outputs = part.weight.shape[0];
    if (column < outputs) return {&part, column};
    column -= outputs;
  }
  assert(false && "column beyond the layer");
  return {};
}

// Numbers that are fp32 already and lie where floats may lie, which is what most files have.
bool is_readable_as_floats(const TensorView& weight) {
  return weight.dtype == DType::kF32 &&
         reinterpret_cast<uintptr_t>(weight.bytes.data()) % alignof(float) == 0;
}

// Packs panel `p`. `staging` holds width * kPackDepth floats.
void pack_panel(const Kernels& kernels, std::span<const LinearTensors> parts, size_t p, float* staging,
                const PackedLinear& layer, float* panels) {
  const size_t width = kernels.panel_columns;
  const size_t first = p * width;
  const size_t count = std::min<size_t>(width, layer.columns - first);
  float* panel = panels + p * width * layer.depth;
  const Source begin = find_source(parts, first);
  if (is_readable_as_floats(begin.part->weight) && begin.row + count <= begin.part->weight.shape[0]) {
    const auto* const rows = reinterpret_cast<const float*>(begin.part->weight.row(begin.row));
    kernels.pack_rows_as_columns(rows, layer.depth, count, layer.depth, panel);
    return;
  }
  for (size_t k = 0; k < layer.depth; k += kPackDepth) {
    const size_t depth = std::min<size_t>(kPackDepth, layer.depth - k);
    for (size_t i = 0; i < count; ++i) {
      const Source source = find_source(parts, first + i);
      const TensorView& weight = source.part->weight;
      widen(kernels, weight.dtype, weight.row(source.row) + k * dtype_bytes(weight.dtype), depth,
            staging + i * kPackDepth);
    }
    kernels.pack_rows_as_columns(staging, kPackDepth, count, depth, panel + k * width);
  }
}

// `bias` is already zero where no output is.
void pack_bias(const Kernels& kernels, std::span<const LinearTensors> parts, float* bias) {
  for (const LinearTensors& part : parts) {
    const size_t outputs = part.bias.shape[0];
    widen(kernels, part.bias.dtype, part.bias.bytes.data(), outputs, bias);
    bias += outputs;
  }
}

}  // namespace

PackedLinear pack_linear(OpContext& context, FloatArena& arena, std::span<const LinearTensors> parts) {
  const Kernels& kernels = context.kernels();
  const size_t width = kernels.panel_columns;
  PackedLinear layer;
  layer.depth = static_cast<uint32_t>(parts[0].weight.shape[1]);
  for (const LinearTensors& part : parts) {
    assert(part.weight.shape[1] == layer.depth && part.bias.shape[0] == part.weight.shape[0]);
    layer.columns += static_cast<uint32_t>(part.weight.shape[0]);
  }
  const size_t panel_count = (layer.columns + width - 1) / width;
  float* const panels = arena.take(panel_count * width * layer.depth);
  context.for_each(panel_count, [&](size_t p, uint32_t thread) {
    pack_panel(kernels, parts, p, context.scratch(thread, width * kPackDepth), layer, panels);
  });
  float* const bias = arena.take(panel_count * width);
  std::fill_n(bias, panel_count * width, 0.0f);
  pack_bias(kernels, parts, bias);
  layer.panels = panels;
  layer.bias = bias;
  return layer;
}

void linear(OpContext& context, ConstMatrixView x, const PackedLinear& layer, Activation activation,
            MatrixView y) {
  assert(x.columns == layer.depth && y.columns == layer.columns && x.rows == y.rows);
  const Kernels& kernels = context.kernels();
  const size_t width = kernels.panel_columns;
  const size_t panel_count = (layer.columns + width - 1) / width;
  // A task is a run of panels, four for each thread so that a busy neighbour costs little; the depth is
  // never split, so the sums do not depend on the number of threads.
  const size_t task_count =
      context.thread_count() == 1 ? 1 : std::min<size_t>(panel_count, 4 * context.thread_count());
  context.for_each(task_count, [&](size_t task, uint32_t) {
    const size_t begin = panel_count * task / task_count;
    const size_t end = panel_count * (task + 1) / task_count;
    for (size_t row = 0; row < x.rows; row += kBlockRows) {
      for (size_t p = begin; p < end; ++p) {
        GemmPanel work{};
        work.a = x.row(row);
        work.a_stride = x.stride;
        work.panel = layer.panels + p * width * layer.depth;
        work.bias = layer.bias + p * width;
        work.c = y.row(row) + p * width;
        work.c_stride = y.stride;
        work.rows = std::min<size_t>(kBlockRows, x.rows - row);
        work.depth = layer.depth;
        work.columns = std::min<size_t>(width, layer.columns - p * width);
        work.activation = activation;
        kernels.gemm_panel(work);
      }
    }
  });
}

}  // namespace pannier

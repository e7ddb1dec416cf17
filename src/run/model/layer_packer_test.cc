// Tests of packing a model layer by layer: the same bits as by hand, and every weight let go of afterwards.
#include "run/model/layer_packer.h"

#include <algorithm>

#include "run/ops/ops_test_support.h"

namespace pannier {
namespace {

// Remembers what it was told to let go of.
class RecordingWeights : public Weights {
 public:
  const StoredTensor* find(std::string_view) const override { return nullptr; }
  std::vector<std::string_view> names() const override { return {}; }
  const std::string& file_of(std::string_view) const override { return file_; }
  void release(ByteSpan tensor) const override { released.push_back(tensor.data()); }

  mutable std::vector<const uint8_t*> released;

 private:
  std::string file_ = "model.safetensors";
};

class LayerPackerTest : public OpsTest {};

INSTANTIATE_TEST_SUITE_P(Isa, LayerPackerTest,
                         testing::ValuesIn(usable_kernels().begin(), usable_kernels().end()),
                         [](const auto& test) { return std::string(test.param->name); });

TEST_P(LayerPackerTest, PacksAsByHandAndReleasesEveryWeight) {
  const Table key = random_table(40, 24, 1);
  const Table value = random_table(17, 24, 2);
  const Table key_bias = random_table(1, 40, 3);
  const Table value_bias = random_table(1, 17, 4);
  const LinearTensors parts[] = {{view_of(key, {40, 24}), view_of(key_bias, {40})},
                                 {view_of(value, {17, 24}), view_of(value_bias, {17})}};
  const RecordingWeights weights;
  LayerPacker packer(serial_, arena_, weights);
  const PackedLinear packed = packer.pack(parts);
  EXPECT_EQ(weights.released,
            (std::vector<const uint8_t*>{parts[0].weight.bytes.data(), parts[1].weight.bytes.data()}));
  FloatArena other_arena;
  const PackedLinear expected = pack_linear(serial_, other_arena, parts);
  ASSERT_EQ(packed.columns, 57u);
  const size_t width = GetParam()->panel_columns;
  const size_t floats = (packed.columns + width - 1) / width * width * packed.depth;
  EXPECT_TRUE(std::equal(packed.panels, packed.panels + floats, expected.panels));

  packer.pack(parts[1]);
  EXPECT_EQ(weights.released.size(), 3u);
}

}  // namespace
}  // namespace pannier

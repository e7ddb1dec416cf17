// Tests of a mapped safetensors file as Weights.
#include "run/weights/safetensors_weights.h"

#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

TEST(SafetensorsWeightsTest, EveryTensorIsFoundWithItsBytes) {
  const std::string file =
      safetensors_file({{"a", "F32", {}, "abcd"}, {"b", "U8", {3}, "xyz"}, {"c", "F16", {0}, ""}});
  const auto files = model_files_from_memory("m", {{"w.safetensors", file}});
  const auto weights = open_safetensors(*files, "w.safetensors");
  ASSERT_TRUE(weights.ok());
  EXPECT_EQ(as_text((*weights)->find("a")->view.bytes), "abcd");
  EXPECT_EQ((*weights)->find("a")->view.shape, Shape());
  EXPECT_EQ(as_text((*weights)->find("b")->view.bytes), "xyz");
  EXPECT_FALSE((*weights)->find("b")->usable);
  EXPECT_EQ((*weights)->find("b")->stored_type, "U8");
  EXPECT_TRUE((*weights)->find("c")->view.bytes.empty());
  EXPECT_EQ((*weights)->file_of("zzz"), "w.safetensors");
}

TEST(SafetensorsWeightsTest, ViewsOutliveTheFilesObject) {
  auto files = model_files_from_memory("m", {{"w", safetensors_file({{"a", "F32", {1}, "abcd"}})}});
  const auto weights = open_safetensors(*files, "w");
  files.reset();
  EXPECT_EQ(as_text((*weights)->find("a")->view.bytes), "abcd");
}

}  // namespace
}  // namespace pannier

// Tests of pytorch_model.bin on files that torch itself made (tools/golden/pytorch_goldens.py): names,
// types, shapes and every byte.
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/pytorch_file.h"

namespace pannier {
namespace {

std::string golden(const std::string& name) {
  auto contents = read_small_file(
      real_file_system(), std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/" + name, limits::kMiB);
  EXPECT_TRUE(contents.ok()) << name;
  return contents.ok() ? *contents : "";
}

class PytorchGolden : public testing::TestWithParam<const char*> {};

TEST_P(PytorchGolden, IsReadToTheByte) {
  const std::string file = golden(std::string(GetParam()) + ".bin");
  const auto tensors = parse_pytorch(as_bytes(file), "w.bin");
  ASSERT_TRUE(tensors.ok()) << tensors.error().to_string();
  const auto expected = JsonDocument::parse(golden(std::string(GetParam()) + ".json"), "golden");
  ASSERT_TRUE(expected.ok());
  ASSERT_EQ(tensors->size(), expected->root().size());
  size_t i = 0;
  for (JsonValue row : expected->root().elements()) {
    const PytorchTensor& tensor = (*tensors)[i++];
    EXPECT_EQ(tensor.name, row["name"].as_string());
    EXPECT_EQ(torch_dtype_name(tensor.dtype), row["dtype"].as_string()) << tensor.name;
    std::vector<uint64_t> shape;
    for (JsonValue dimension : row["shape"].elements()) shape.push_back(*dimension.as_unsigned());
    EXPECT_EQ(tensor.shape, shape) << tensor.name;
    EXPECT_EQ(tensor.contiguous, !row["strided"].exists()) << tensor.name;
    ASSERT_LE(tensor.begin, tensor.end);
    ASSERT_LE(tensor.end, file.size());
    if (!tensor.contiguous) continue;
    EXPECT_EQ(sha256(as_bytes(file).subspan(tensor.begin, tensor.end - tensor.begin)).hex(),
              row["sha256"].as_string())
        << tensor.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Files, PytorchGolden,
                         testing::Values("block_zip", "block_legacy", "block_zip_protocol3",
                                         "block_zip_protocol4", "block_zip_protocol5",
                                         "block_legacy_protocol3", "block_legacy_protocol4",
                                         "block_legacy_protocol5", "half_zip", "half_legacy", "bfloat16_zip",
                                         "bfloat16_legacy", "every_dtype_zip", "every_dtype_legacy",
                                         "odd_views_zip", "odd_views_legacy", "parameters_zip",
                                         "parameters_legacy", "extra_entries_zip", "extra_entries_legacy"),
                         [](const auto& test) { return std::string(test.param); });

TEST(PytorchTest, TiedWeightsShareTheirBytes) {
  for (const char* name : {"block_zip.bin", "block_legacy.bin"}) {
    const std::string file = golden(name);
    const auto tensors = parse_pytorch(as_bytes(file), name);
    ASSERT_TRUE(tensors.ok());
    const auto find = [&](std::string_view wanted) -> const PytorchTensor& {
      for (const PytorchTensor& tensor : *tensors) {
        if (tensor.name == wanted) return tensor;
      }
      ADD_FAILURE() << wanted;
      return tensors->front();
    };
    EXPECT_EQ(find("embedding.weight").begin, find("decoder.weight").begin) << name;
    EXPECT_NE(find("embedding.weight").begin, find("decoder.bias").begin) << name;
  }
}

// torch writes these fields only for files above 4 GiB; the sample has them in a small one.
TEST(PytorchTest, Zip64IsRead) {
  const std::string file = golden("by_hand/zip64.bin");
  const auto tensors = parse_pytorch(as_bytes(file), "w.bin");
  ASSERT_TRUE(tensors.ok()) << tensors.error().to_string();
  ASSERT_EQ(tensors->size(), 1u);
  EXPECT_EQ(read_le<float>(as_bytes(file).subspan(tensors->front().end - 4)), 4.0f);
}

// What all the hostile samples are changed from, so that each is refused for its change alone.
TEST(PytorchTest, WhatTheHostileSamplesAreMadeOfIsRead) {
  for (const char* name : {"by_hand/zip_good.bin", "by_hand/legacy_good.bin"}) {
    const std::string file = golden(name);
    const auto tensors = parse_pytorch(as_bytes(file), name);
    ASSERT_TRUE(tensors.ok()) << tensors.error().to_string();
    EXPECT_EQ(tensors->front().name, "w");
    EXPECT_EQ(tensors->front().shape, (std::vector<uint64_t>{4}));
    EXPECT_EQ(tensors->front().end - tensors->front().begin, 16u);
  }
}

TEST(PytorchTest, EveryTruncationIsRefused) {
  for (const char* name : {"by_hand/zip_good.bin", "by_hand/legacy_good.bin", "by_hand/zip64.bin"}) {
    const std::string file = golden(name);
    for (size_t length = 0; length < file.size(); ++length) {
      EXPECT_FALSE(parse_pytorch(as_bytes(file).first(length), name).ok()) << name << " " << length;
    }
  }
}

// A flipped bit is noticed, or changes a tensor's name or numbers, or a field nobody acts on; but never
// makes a tensor leave its file.
TEST(PytorchTest, NoFlippedBitLeadsOutsideTheFile) {
  for (const char* name :
       {"block_zip.bin", "block_legacy.bin", "block_zip_protocol4.bin", "by_hand/zip64.bin"}) {
    const std::string good = golden(name);
    for (size_t i = 0; i < good.size() * 8; ++i) {
      std::string file = good;
      file[i / 8] = static_cast<char>(file[i / 8] ^ (1 << (i % 8)));
      const auto tensors = parse_pytorch(as_bytes(file), name);
      if (!tensors.ok()) continue;
      for (const PytorchTensor& tensor : *tensors) {
        ASSERT_LE(tensor.begin, tensor.end) << i;
        ASSERT_LE(tensor.end, file.size()) << i;
      }
    }
  }
}

}  // namespace
}  // namespace pannier

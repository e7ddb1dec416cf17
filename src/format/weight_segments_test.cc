// Layouts of real and made-up files, how tensors find their base, and how files are cut into parts.
#include "format/weight_segments.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>

#include "base/fs.h"
#include "base/limits.h"
#include "format/part_test_sample.h"
#include "format/pytorch_file.h"

namespace pannier {
namespace {

// Reads from memory, and fails the test where it is asked for what is not in the file.
ReadAt reader_of(const Bytes& file) {
  return [&file](uint64_t offset, MutableByteSpan out) -> Status {
    const bool is_inside = offset <= file.size() && out.size() <= file.size() - offset;
    EXPECT_TRUE(is_inside) << offset << " + " << out.size() << " of " << file.size();
    if (is_inside) std::copy_n(file.begin() + static_cast<ptrdiff_t>(offset), out.size(), out.begin());
    return {};
  };
}

WeightLayout layout_of(std::string_view path, const Bytes& file) {
  Result<WeightLayout> layout = read_weight_layout(path, file.size(), reader_of(file));
  EXPECT_TRUE(layout.ok());
  uint64_t at = 0;
  for (const WeightRun& run : layout->runs) {
    EXPECT_EQ(run.begin, at);
    EXPECT_GT(run.bytes, 0u);
    EXPECT_EQ(run.bytes % run.element_bytes, 0u);
    EXPECT_FALSE(run.is_float && run.element_bytes == 1);
    at += run.bytes;
  }
  EXPECT_EQ(at, file.size());
  return std::move(layout).value();
}

struct Tensor {
  std::string name;
  std::string dtype;
  uint64_t elements;
  uint64_t element_bytes;
};

Bytes safetensors(const std::vector<Tensor>& tensors, const std::string& metadata = "") {
  std::string header = R"({"__metadata__":{"x":")" + metadata + "\"}";
  uint64_t at = 0;
  for (const Tensor& tensor : tensors) {
    const uint64_t end = at + tensor.elements * tensor.element_bytes;
    header += ",\"" + tensor.name + R"(":{"dtype":")" + tensor.dtype + R"(","shape":[)" +
              std::to_string(tensor.elements) + R"(],"data_offsets":[)" + std::to_string(at) + "," +
              std::to_string(end) + "]}";
    at = end;
  }
  header += "}";
  Bytes file(8 + header.size() + at, 1);
  const uint64_t length = header.size();
  std::memcpy(file.data(), &length, sizeof(length));
  std::memcpy(file.data() + 8, header.data(), header.size());
  return file;
}

uint64_t header_bytes_of(const Bytes& file) { return 8 + read_le<uint64_t>(file); }

Bytes file_bytes(const std::string& path) {
  auto text = read_small_file(real_file_system(), std::string(PANNIER_SOURCE_DIR) + "/" + path, limits::kGiB);
  EXPECT_TRUE(text.ok()) << path;
  return text.ok() ? Bytes(text->begin(), text->end()) : Bytes();
}

TEST(WeightSegments, OnlyWeightsThatAreNotTinyAreEncoded) {
  EXPECT_TRUE(is_worth_encoding("model.safetensors", 1 << 20));
  EXPECT_TRUE(is_worth_encoding("sub/pytorch_model.bin", 4096));
  EXPECT_FALSE(is_worth_encoding("model.safetensors", 4095));
  EXPECT_FALSE(is_worth_encoding("tokenizer.json", 1 << 20));
  EXPECT_FALSE(is_worth_encoding("README.md", 1 << 20));
}

TEST(WeightSegments, SafetensorsByItsHeader) {
  const Bytes file = safetensors({{"a", "BF16", 10, 2},
                                  {"b", "BF16", 3, 2},
                                  {"c", "F32", 5, 4},
                                  {"d", "I64", 2, 8},
                                  {"e", "U8", 7, 1},
                                  {"f", "F64", 1, 8}});
  const std::vector<WeightSegment> segments = weight_segments(layout_of("model.safetensors", file));
  ASSERT_EQ(segments.size(), 6u);
  EXPECT_EQ(segments[0].bytes, header_bytes_of(file));
  EXPECT_EQ(segments[0].element_bytes, 1);
  EXPECT_EQ(segments[1].bytes, 26u);  // neighbours of one kind are one
  EXPECT_EQ(segments[1].element_bytes, 2);
  EXPECT_TRUE(segments[1].is_float);
  EXPECT_EQ(segments[2].element_bytes, 4);
  EXPECT_TRUE(segments[2].is_float);
  EXPECT_EQ(segments[3].element_bytes, 8);
  EXPECT_FALSE(segments[3].is_float);
  EXPECT_EQ(segments[4].element_bytes, 1);
  EXPECT_EQ(segments[5].element_bytes, 8);
  EXPECT_TRUE(segments[5].is_float);
}

TEST(WeightSegments, TensorsFindTheirBaseWhereverItLies) {
  const Bytes base = safetensors({{"a", "F32", 4, 4}, {"b", "F32", 5, 4}, {"c", "F32", 6, 4}}, "older");
  const Bytes file =
      safetensors({{"b", "F32", 5, 4}, {"new", "F32", 9, 4}, {"a", "F32", 4, 4}, {"c", "F16", 6, 2}});
  const uint64_t base_data = header_bytes_of(base);
  const std::vector<WeightSegment> segments =
      weight_segments(layout_of("m.safetensors", file), layout_of("m.safetensors", base));
  ASSERT_EQ(segments.size(), 5u);
  EXPECT_EQ(segments[0].base_offset, std::nullopt);  // the headers differ in length
  EXPECT_EQ(segments[1].base_offset, base_data + 16);
  EXPECT_EQ(segments[2].base_offset, std::nullopt);
  EXPECT_EQ(segments[3].base_offset, base_data);
  EXPECT_EQ(segments[4].base_offset, std::nullopt);  // of that name, but of another type
}

TEST(WeightSegments, TheSameLayoutIsOneSegmentOverItsBase) {
  const Bytes file = safetensors({{"a", "F32", 4, 4}, {"b", "F32", 5, 4}});
  const WeightLayout layout = layout_of("m.safetensors", file);
  const std::vector<WeightSegment> segments = weight_segments(layout, layout);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].base_offset, 0u);
  EXPECT_EQ(segments[1].base_offset, header_bytes_of(file));
  EXPECT_EQ(segments[1].bytes, 36u);
}

TEST(WeightSegments, WithoutNamesTheSamePlaceOfAFileOfTheSameSize) {
  const Bytes file = weights(100'000, 2, 5, 0.05f);
  const WeightLayout layout = layout_of("m.gguf", file);
  const std::vector<WeightSegment> segments = weight_segments(layout, layout);
  ASSERT_EQ(segments.size(), 1u);
  EXPECT_EQ(segments[0].base_offset, 0u);
  const WeightLayout longer = layout_of("m.gguf", weights(100'001, 2, 5, 0.05f));
  EXPECT_EQ(weight_segments(layout, longer)[0].base_offset, std::nullopt);
}

TEST(WeightSegments, OtherFilesAreMeasured) {
  for (const uint64_t width : {2, 4}) {
    Bytes file(3, 0);
    const Bytes data = weights(200'000, width, 5, 0.05f);
    file.insert(file.end(), data.begin(), data.end());
    const WeightLayout layout = layout_of("m.gguf", file);
    const auto run = std::find_if(layout.runs.begin(), layout.runs.end(),
                                  [](const WeightRun& each) { return each.bytes > 1000; });
    ASSERT_NE(run, layout.runs.end());
    EXPECT_EQ(run->element_bytes, width);
    EXPECT_TRUE(run->is_float);
    EXPECT_EQ(run->begin % width, 3 % width);
  }
  Bytes text;
  while (text.size() < 100'000) {
    const std::string line = "line " + std::to_string(text.size() * 7919) + " of a table\n";
    text.insert(text.end(), line.begin(), line.end());
  }
  EXPECT_EQ(layout_of("m.gguf", text).runs[0].element_bytes, 1);
}

// A wrong header is no reason to refuse: the file crosses as it is, and whoever loads it will tell.
TEST(WeightSegments, ADamagedSafetensorsIsMeasured) {
  Bytes file = safetensors({{"a", "F32", 4000, 4}});
  file.resize(file.size() - 4);
  const WeightLayout layout = layout_of("m.safetensors", file);
  EXPECT_TRUE(std::all_of(layout.runs.begin(), layout.runs.end(),
                          [](const WeightRun& run) { return run.name.empty(); }));
  std::memset(file.data(), 0xff, 8);
  layout_of("m.safetensors", file);
}

TEST(WeightSegments, ErrorsOfReadingAreTold) {
  const ReadAt fails = [](uint64_t, MutableByteSpan) -> Status { return Error{ErrorKind::kIo, "no", ""}; };
  EXPECT_FALSE(read_weight_layout("m.safetensors", 10'000, fails).ok());
  EXPECT_FALSE(read_weight_layout("m.bin", 10'000, fails).ok());
}

// Against the strict parser: every tensor lies in a run of its width.
TEST(WeightSegments, PytorchZipByItsPickle) {
  const std::map<TorchDtype, uint8_t> widths = {
      {TorchDtype::kF32, 4}, {TorchDtype::kF16, 2}, {TorchDtype::kBF16, 2}, {TorchDtype::kF64, 8},
      {TorchDtype::kI64, 8}, {TorchDtype::kI32, 4}, {TorchDtype::kI16, 2}};
  const Bytes file = file_bytes("tests/goldens/pytorch/every_dtype_zip.bin");
  const WeightLayout layout = layout_of("pytorch_model.bin", file);
  const auto tensors = parse_pytorch(file, "golden");
  ASSERT_TRUE(tensors.ok());
  uint64_t found = 0;
  for (const PytorchTensor& tensor : *tensors) {
    const auto width = widths.find(tensor.dtype);
    if (!tensor.contiguous || width == widths.end() || tensor.begin == tensor.end) continue;
    for (const WeightRun& run : layout.runs) {
      if (tensor.begin < run.begin || tensor.end > run.begin + run.bytes) continue;
      EXPECT_EQ(run.element_bytes, width->second) << tensor.name;
      EXPECT_FALSE(run.name.empty());
      ++found;
    }
  }
  EXPECT_GE(found, 6u);
}

TEST(WeightSegments, HostilePytorchFilesAreCoveredAllTheSame) {
  uint64_t count = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/pytorch")) {
    if (!entry.is_regular_file()) continue;
    const Bytes file = file_bytes("tests/hostile/pytorch/" + entry.path().filename().string());
    if (!file.empty()) layout_of("pytorch_model.bin", file);
    ++count;
  }
  EXPECT_GT(count, 10u);
}

TEST(WeightSegments, PartsCutElementsIntoBytes) {
  const uint64_t part = kPartBytes;
  const std::vector<WeightSegment> file = {
      {10, 1, false, std::nullopt}, {2 * part, 4, true, 1000}, {6, 2, true, std::nullopt}};
  const std::vector<WeightSegment> first = cut_segments(file, 0);
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[1].bytes, (part - 10) / 4 * 4);
  EXPECT_EQ(first[1].base_offset, 1000u);
  EXPECT_EQ(first[2].bytes, 2u);
  EXPECT_EQ(first[2].element_bytes, 1);
  EXPECT_EQ(first[2].base_offset, 1000 + part - 12);
  const std::vector<WeightSegment> second = cut_segments(file, 1);
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(second[0].bytes, 2u);
  EXPECT_EQ(second[0].base_offset, 1000 + part - 10);
  EXPECT_EQ(second[1].base_offset, 1000 + part - 8);
  const std::vector<WeightSegment> third = cut_segments(file, 2);
  for (const auto& [segments, bytes] : {std::pair{first, part}, {second, part}, {third, uint64_t{16}}}) {
    uint64_t sum = 0;
    for (const WeightSegment& segment : segments) {
      EXPECT_EQ(segment.bytes % segment.element_bytes, 0u);
      sum += segment.bytes;
    }
    EXPECT_EQ(sum, bytes);
  }
}

}  // namespace
}  // namespace pannier

// Tests of the safetensors header: what is right is read, and each attack is refused by name. The
// samples are made by tools/make_hostile_safetensors.py.
#include "format/safetensors.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

std::string weights(const std::string& header, size_t data_bytes) {
  std::string file(8, '\0');
  const uint64_t length = header.size();
  std::memcpy(file.data(), &length, sizeof length);
  return file + header + std::string(data_bytes, '\1');
}

std::string sample(const std::string& name) {
  const std::string path =
      std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/safetensors/" + name + ".safetensors";
  auto contents = read_small_file(real_file_system(), path, limits::kMiB);
  EXPECT_TRUE(contents.ok()) << path;
  return contents.ok() ? *contents : "";
}

struct Attack {
  const char* name;
  ErrorKind kind;
  const char* reason;  // part of the message
};

// For readable parameter names in the test's output.
void PrintTo(const Attack& attack, std::ostream* out) { *out << attack.name; }

const Attack kAttacks[] = {
    {"file_shorter_than_length_field", ErrorKind::kCorrupt, "at byte 0: the file has 3 bytes"},
    {"header_empty", ErrorKind::kCorrupt, "the header is empty"},
    {"header_length_beyond_file", ErrorKind::kCorrupt, "5000 bytes, but only"},
    {"header_length_beyond_limit", ErrorKind::kLimit, "1099511627776 bytes; the format allows 100000000"},
    {"header_length_all_ones", ErrorKind::kLimit, "18446744073709551615"},
    {"header_not_an_object", ErrorKind::kCorrupt, "does not begin with '{'"},
    {"header_begins_with_space", ErrorKind::kCorrupt, "does not begin with '{'"},
    {"header_not_json", ErrorKind::kCorrupt, "(header)"},
    {"header_invalid_utf8", ErrorKind::kCorrupt, "(header)"},
    {"header_two_values", ErrorKind::kCorrupt, "(header)"},
    {"header_deep_json", ErrorKind::kLimit, "(header)"},
    {"duplicate_tensor_name", ErrorKind::kCorrupt, "(header)"},
    {"duplicate_entry_key", ErrorKind::kCorrupt, "(header)"},
    {"metadata_not_an_object", ErrorKind::kCorrupt, "__metadata__ is not an object"},
    {"metadata_value_not_text", ErrorKind::kCorrupt, "__metadata__ member 'format' is not a string"},
    {"entry_not_an_object", ErrorKind::kCorrupt, "tensor 'a': the entry is not an object"},
    {"entry_lacks_shape", ErrorKind::kCorrupt, "tensor 'a': the entry must have"},
    {"entry_has_extra_key", ErrorKind::kCorrupt, "and nothing else"},
    {"dtype_unknown", ErrorKind::kCorrupt, "tensor 'a': dtype 'Q4_0' is none"},
    {"dtype_lower_case", ErrorKind::kCorrupt, "dtype 'f32' is none"},
    {"dtype_not_text", ErrorKind::kCorrupt, "dtype is not a string"},
    {"offsets_beyond_file", ErrorKind::kCorrupt, "[0, 4096] leave the file: its data has 4 bytes"},
    {"offsets_backwards", ErrorKind::kCorrupt, "data_offsets run backwards: [4, 0]"},
    {"offsets_negative", ErrorKind::kCorrupt, "no unsigned integer"},
    {"offsets_not_whole", ErrorKind::kCorrupt, "no unsigned integer"},
    {"offsets_above_64_bits", ErrorKind::kCorrupt, ""},
    {"offsets_not_a_pair", ErrorKind::kCorrupt, "data_offsets is not a pair"},
    {"offsets_overlap", ErrorKind::kCorrupt, "tensor 'b': its bytes overlap those of 'a'"},
    {"offsets_shared_by_two", ErrorKind::kCorrupt, "tensor 'b': its bytes overlap those of 'a'"},
    {"offsets_leave_gap", ErrorKind::kCorrupt, "tensor 'b': its bytes leave a gap after 'a'"},
    {"offsets_leave_gap_at_start", ErrorKind::kCorrupt,
     "tensor 'a': its bytes leave a gap after 'the header'"},
    {"trailing_bytes", ErrorKind::kCorrupt, "10 bytes follow that belong to no tensor"},
    {"shape_does_not_match_bytes", ErrorKind::kCorrupt, "make 12 bytes, data_offsets hold 4"},
    {"shape_product_wraps_around", ErrorKind::kLimit, "multiplies to more than"},
    {"shape_bytes_wrap_around", ErrorKind::kLimit, "multiplies to more than"},
    {"shape_negative", ErrorKind::kCorrupt, "shape holds something"},
    {"shape_too_many_dimensions", ErrorKind::kLimit, "shape has 5000 dimensions"},
    {"shape_not_an_array", ErrorKind::kCorrupt, "shape is not an array"},
    {"shape_broken_bytes", ErrorKind::kCorrupt, "a broken bytes"},
};

class SafetensorsAttack : public testing::TestWithParam<Attack> {};

TEST_P(SafetensorsAttack, IsRefused) {
  const Attack& attack = GetParam();
  const std::string file = sample(attack.name);
  const auto header = parse_safetensors(as_bytes(file), "model.safetensors");
  ASSERT_FALSE(header.ok());
  EXPECT_EQ(header.error().kind, attack.kind) << header.error().message;
  EXPECT_NE(header.error().message.find(attack.reason), std::string::npos) << header.error().message;
  EXPECT_NE(header.error().message.find("model.safetensors"), std::string::npos) << header.error().message;
}

INSTANTIATE_TEST_SUITE_P(Samples, SafetensorsAttack, testing::ValuesIn(kAttacks),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(SafetensorsTest, EverySampleHasAnAttackThatReadsIt) {
  std::set<std::string> named;
  for (const Attack& attack : kAttacks) named.insert(attack.name);
  std::set<std::string> found;
  const std::filesystem::path folder = std::string(PANNIER_SOURCE_DIR) + "/tests/hostile/safetensors";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    found.insert(entry.path().stem().string());
  EXPECT_EQ(named, found);
}

TEST(SafetensorsTest, TensorsComeInTheOrderOfTheirBytes) {
  const std::string file =
      weights(R"({"__metadata__":{"format":"pt"},"late":{"dtype":"F16","shape":[2,3],"data_offsets":[4,16]},)"
              R"("early":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   )",
              16);
  const auto header = parse_safetensors(as_bytes(file), "w");
  ASSERT_TRUE(header.ok()) << header.error().message;
  ASSERT_EQ(header->tensors.size(), 2u);
  EXPECT_EQ(header->data_begin, file.size() - 16);
  EXPECT_EQ(header->tensors[0].name, "early");
  EXPECT_EQ(header->tensors[0].shape, std::vector<uint64_t>());
  EXPECT_EQ(header->tensors[0].begin, header->data_begin);
  EXPECT_EQ(header->tensors[1].name, "late");
  EXPECT_EQ(header->tensors[1].dtype, SafetensorsDtype::kF16);
  EXPECT_EQ(header->tensors[1].shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(header->tensors[1].end, file.size());
}

TEST(SafetensorsTest, EmptyTensorsAndNoTensorsAreFine) {
  const std::string none = weights("{}", 0);
  EXPECT_TRUE(parse_safetensors(as_bytes(none), "w").ok());
  const std::string empty = weights(
      R"({"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
      R"("c":{"dtype":"I64","shape":[0],"data_offsets":[1,1]}})",
      1);
  EXPECT_TRUE(parse_safetensors(as_bytes(empty), "w").ok());
}

TEST(SafetensorsTest, EveryTruncationOfAGoodFileIsRefused) {
  const std::string file = weights(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 8);
  ASSERT_TRUE(parse_safetensors(as_bytes(file), "w").ok());
  for (size_t length = 0; length < file.size(); ++length) {
    EXPECT_FALSE(parse_safetensors(as_bytes(file).first(length), "w").ok()) << length;
  }
}

TEST(SafetensorsTest, DtypesHaveTheirFormatsNamesAndSizes) {
  EXPECT_EQ(safetensors_dtype_name(SafetensorsDtype::kBF16), "BF16");
  EXPECT_EQ(safetensors_dtype_bits(SafetensorsDtype::kBF16), 16u);
  EXPECT_EQ(safetensors_dtype_name(SafetensorsDtype::kU64), "U64");
  EXPECT_EQ(safetensors_dtype_bits(SafetensorsDtype::kF4), 4u);
}

}  // namespace
}  // namespace pannier

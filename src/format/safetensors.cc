// The header of a safetensors file: see safetensors.h for the rules.
#include "format/safetensors.h"

#include <algorithm>
#include <array>
#include <optional>
#include <tuple>

#include "base/json.h"
#include "base/limits.h"

namespace pannier {
namespace {

struct DtypeRow {
  SafetensorsDtype dtype;
  std::string_view name;
  uint32_t bits;
};

using Dtype = SafetensorsDtype;
constexpr std::array<DtypeRow, 20> kDtypes = {{
    {Dtype::kBool, "BOOL", 8},      {Dtype::kF4, "F4", 4},          {Dtype::kF6E2M3, "F6_E2M3", 6},
    {Dtype::kF6E3M2, "F6_E3M2", 6}, {Dtype::kU8, "U8", 8},          {Dtype::kI8, "I8", 8},
    {Dtype::kF8E5M2, "F8_E5M2", 8}, {Dtype::kF8E4M3, "F8_E4M3", 8}, {Dtype::kF8E8M0, "F8_E8M0", 8},
    {Dtype::kI16, "I16", 16},       {Dtype::kU16, "U16", 16},       {Dtype::kF16, "F16", 16},
    {Dtype::kBF16, "BF16", 16},     {Dtype::kI32, "I32", 32},       {Dtype::kU32, "U32", 32},
    {Dtype::kF32, "F32", 32},       {Dtype::kC64, "C64", 64},       {Dtype::kF64, "F64", 64},
    {Dtype::kI64, "I64", 64},       {Dtype::kU64, "U64", 64},
}};

// The table is indexed by the enum: keep both in one order.
constexpr bool dtypes_in_order() {
  for (size_t i = 0; i < kDtypes.size(); ++i) {
    if (static_cast<size_t>(kDtypes[i].dtype) != i) return false;
  }
  return true;
}
static_assert(dtypes_in_order());

constexpr uint64_t kLengthBytes = 8;
constexpr const char* kHint = "the file is damaged or was cut short; fetch it again and compare its SHA-256";

// Reads one header; knows the file's name and where the header lies, for messages.
class HeaderParser {
 public:
  HeaderParser(ByteSpan head, uint64_t file_bytes, std::string_view what)
      : head_(head), file_bytes_(file_bytes), what_(what) {}

  Result<SafetensorsHeader> parse() {
    PANNIER_TRY(read_length());
    const std::string_view text = as_text(head_.subspan(kLengthBytes, header_bytes_));
    // The reference reader demands it too; it leaves no room for a second format behind white space.
    if (text.front() != '{') return corrupt(kLengthBytes, "the header does not begin with '{'");
    PANNIER_ASSIGN(JsonDocument document, JsonDocument::parse_view(text, std::string(what_) + " (header)"));
    SafetensorsHeader header;
    header.data_begin = kLengthBytes + header_bytes_;
    PANNIER_TRY(read_tensors(document.root(), header));
    PANNIER_TRY(check_coverage(header));
    return header;
  }

 private:
  Status read_length() {
    if (head_.size() < kLengthBytes) {
      return corrupt(0, "the file has " + std::to_string(file_bytes_) + " bytes; a header length takes 8");
    }
    header_bytes_ = read_le<uint64_t>(head_);
    if (header_bytes_ > limits::kSafetensorsHeaderBytesMax) {
      return Error{ErrorKind::kLimit,
                   at(0) + "the header says it has " + std::to_string(header_bytes_) +
                       " bytes; the format allows " + std::to_string(limits::kSafetensorsHeaderBytesMax),
                   kHint};
    }
    if (header_bytes_ > file_bytes_ - kLengthBytes) {
      return corrupt(0, "the header says it has " + std::to_string(header_bytes_) + " bytes, but only " +
                            std::to_string(file_bytes_ - kLengthBytes) + " follow");
    }
    if (header_bytes_ == 0) return corrupt(0, "the header is empty");
    if (header_bytes_ > head_.size() - kLengthBytes) return corrupt(0, "not all of the header was read");
    return {};
  }

  Status read_tensors(JsonValue root, SafetensorsHeader& header) {
    if (!root.is_object()) return corrupt(kLengthBytes, "the header is not a JSON object");
    if (root.size() > limits::kTensorsMax) {
      return Error{ErrorKind::kLimit,
                   at(kLengthBytes) + std::to_string(root.size()) + " tensors; at most " +
                       std::to_string(limits::kTensorsMax) + " are read",
                   kHint};
    }
    header.tensors.reserve(root.size());
    for (auto [key, value] : root.members()) {
      if (key == "__metadata__") {
        PANNIER_TRY(check_metadata(value));
        continue;
      }
      PANNIER_ASSIGN(SafetensorsTensor tensor, read_tensor(key, value, header.data_begin));
      header.tensors.push_back(std::move(tensor));
    }
    return {};
  }

  Status check_metadata(JsonValue metadata) const {
    const uint64_t offset = kLengthBytes + metadata.offset();
    if (!metadata.is_object()) return corrupt(offset, "__metadata__ is not an object");
    for (auto [key, value] : metadata.members()) {
      if (!value.is_string())
        return corrupt(offset, "__metadata__ member '" + std::string(key) + "' is not a string");
    }
    return {};
  }

  Result<SafetensorsTensor> read_tensor(std::string_view name, JsonValue entry, uint64_t data_begin) const {
    SafetensorsTensor tensor;
    tensor.name = name;
    const std::string where = "tensor '" + tensor.name + "': ";
    const uint64_t offset = kLengthBytes + entry.offset();
    if (!entry.is_object()) return corrupt(offset, where + "the entry is not an object");
    if (entry.size() != 3 || !entry["dtype"] || !entry["shape"] || !entry["data_offsets"]) {
      return corrupt(offset, where + "the entry must have dtype, shape and data_offsets, and nothing else");
    }
    PANNIER_ASSIGN(tensor.dtype, read_dtype(entry["dtype"], where, offset));
    PANNIER_TRY(read_offsets(entry["data_offsets"], where, data_begin, tensor));
    PANNIER_TRY(read_shape(entry["shape"], where, tensor));
    return tensor;
  }

  Result<SafetensorsDtype> read_dtype(JsonValue value, const std::string& where, uint64_t offset) const {
    const std::optional<std::string_view> name = value.as_string();
    if (!name) return corrupt(offset, where + "dtype is not a string");
    for (const DtypeRow& row : kDtypes) {
      if (row.name == *name) return row.dtype;
    }
    return corrupt(offset, where + "dtype '" + std::string(*name) + "' is none the format defines");
  }

  Status read_offsets(JsonValue value, const std::string& where, uint64_t data_begin,
                      SafetensorsTensor& tensor) const {
    const uint64_t offset = kLengthBytes + value.offset();
    const uint64_t data_bytes = file_bytes_ - data_begin;
    std::array<uint64_t, 2> offsets{};
    if (!value.is_array() || value.size() != 2) return corrupt(offset, where + "data_offsets is not a pair");
    size_t i = 0;
    for (JsonValue element : value.elements()) {
      const std::optional<uint64_t> number = element.as_unsigned();
      if (!number) return corrupt(offset, where + "data_offsets holds something that is no unsigned integer");
      offsets[i++] = *number;
    }
    if (offsets[0] > offsets[1]) {
      return corrupt(offset, where + "data_offsets run backwards: " + pair_text(offsets[0], offsets[1]));
    }
    if (offsets[1] > data_bytes) {
      return corrupt(offset, where + "data_offsets " + pair_text(offsets[0], offsets[1]) +
                                 " leave the file: its data has " + std::to_string(data_bytes) + " bytes");
    }
    tensor.begin = data_begin + offsets[0];
    tensor.end = data_begin + offsets[1];
    return {};
  }

  Status read_shape(JsonValue value, const std::string& where, SafetensorsTensor& tensor) const {
    const uint64_t offset = kLengthBytes + value.offset();
    if (!value.is_array()) return corrupt(offset, where + "shape is not an array");
    if (value.size() > limits::kTensorRankMax) {
      return Error{ErrorKind::kLimit,
                   at(offset) + where + "shape has " + std::to_string(value.size()) +
                       " dimensions; at most " + std::to_string(limits::kTensorRankMax) + " are read",
                   kHint};
    }
    uint64_t elements = 1;
    for (JsonValue element : value.elements()) {
      const std::optional<uint64_t> dimension = element.as_unsigned();
      if (!dimension) return corrupt(offset, where + "shape holds something that is no unsigned integer");
      // kTensorElementsMax is far below 2^64 / 64, so neither this product nor the one by the element
      // size below can wrap around.
      if (*dimension != 0 && elements > limits::kTensorElementsMax / *dimension) {
        return Error{ErrorKind::kLimit,
                     at(offset) + where + "shape multiplies to more than " +
                         std::to_string(limits::kTensorElementsMax) + " elements",
                     kHint};
      }
      elements *= *dimension;
      tensor.shape.push_back(*dimension);
    }
    const uint64_t bits = elements * safetensors_dtype_bits(tensor.dtype);
    if (bits % 8 != 0 || bits / 8 != tensor.end - tensor.begin) {
      return corrupt(offset, where + "shape and dtype make " + std::to_string(bits / 8) +
                                 (bits % 8 != 0 ? " and a broken" : "") + " bytes, data_offsets hold " +
                                 std::to_string(tensor.end - tensor.begin));
    }
    return {};
  }

  // Sorts the tensors by their bytes and checks that these follow each other from the first to the
  // last byte of the data: two tensors never share bytes, and no byte is unaccounted for.
  Status check_coverage(SafetensorsHeader& header) const {
    std::sort(header.tensors.begin(), header.tensors.end(), [](const auto& a, const auto& b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    uint64_t expected = header.data_begin;
    std::string_view before = "the header";
    for (const SafetensorsTensor& tensor : header.tensors) {
      if (tensor.begin != expected) {
        const bool overlaps = tensor.begin < expected;
        return corrupt(tensor.begin, "tensor '" + tensor.name + "': its bytes " +
                                         (overlaps ? "overlap those of '" : "leave a gap after '") +
                                         std::string(before) + "', which end at " + std::to_string(expected));
      }
      expected = tensor.end;
      before = tensor.name;
    }
    if (expected != file_bytes_) {
      return corrupt(expected,
                     std::to_string(file_bytes_ - expected) + " bytes follow that belong to no tensor");
    }
    return {};
  }

  static std::string pair_text(uint64_t begin, uint64_t end) {
    return "[" + std::to_string(begin) + ", " + std::to_string(end) + "]";
  }
  std::string at(uint64_t offset) const {
    return std::string(what_) + " at byte " + std::to_string(offset) + ": ";
  }
  Error corrupt(uint64_t offset, const std::string& reason) const {
    return {ErrorKind::kCorrupt, at(offset) + reason, kHint};
  }

  ByteSpan head_;  // the file, or its first bytes
  uint64_t file_bytes_;
  std::string_view what_;
  uint64_t header_bytes_ = 0;
};

}  // namespace

std::string_view safetensors_dtype_name(SafetensorsDtype dtype) {
  return kDtypes[static_cast<size_t>(dtype)].name;
}

uint32_t safetensors_dtype_bits(SafetensorsDtype dtype) { return kDtypes[static_cast<size_t>(dtype)].bits; }

Result<SafetensorsHeader> parse_safetensors(ByteSpan file, std::string_view what) {
  return HeaderParser(file, file.size(), what).parse();
}

Result<SafetensorsHeader> parse_safetensors_head(ByteSpan head, uint64_t file_bytes, std::string_view what) {
  return HeaderParser(head, file_bytes, what).parse();
}

}  // namespace pannier

// safetensors: the header of a weight file, read and checked; the tensors' bytes are never touched.
//
// Layout: 8 bytes little-endian header length, the header (a JSON object: tensor name -> dtype, shape,
// data_offsets; and "__metadata__"), then the data. Source: huggingface/safetensors, README "Format".
// What we hold a file to, all of it before anything is allocated by its numbers: the offsets of all
// tensors cover the data from its first to its last byte, each byte once; every tensor's length is
// what its shape and dtype say; nothing else is in the header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

// The element types the format defines.
enum class SafetensorsDtype : uint8_t {
  kBool,
  kF4,
  kF6E2M3,
  kF6E3M2,
  kU8,
  kI8,
  kF8E5M2,
  kF8E4M3,
  kF8E8M0,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kC64,
  kF64,
  kI64,
  kU64,
};

// "F32", as the format spells it.
std::string_view safetensors_dtype_name(SafetensorsDtype dtype);
uint32_t safetensors_dtype_bits(SafetensorsDtype dtype);

struct SafetensorsTensor {
  std::string name;
  SafetensorsDtype dtype = SafetensorsDtype::kF32;
  std::vector<uint64_t> shape;  // at most limits::kTensorRankMax long; empty: one element
  uint64_t begin = 0;           // in the file (not in the data part), end exclusive
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<SafetensorsTensor> tensors;  // in the order of their bytes
  uint64_t data_begin = 0;                 // where in the file the header ends
};

// `file` is the whole file, `what` names it in messages. kCorrupt with offset, tensor and reason;
// kLimit above base/limits.h.
Result<SafetensorsHeader> parse_safetensors(ByteSpan file, std::string_view what);
// The same of a file of which only the first bytes are at hand, those of the header at least: what they say
// of the rest is held against `file_bytes`. REQUIRES: head.size() <= file_bytes.
Result<SafetensorsHeader> parse_safetensors_head(ByteSpan head, uint64_t file_bytes, std::string_view what);

}  // namespace pannier

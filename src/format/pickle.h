// pickle: the few of its values that a file of tensors is made of, read without running anything.
//
// A pickle is a program for a stack machine that may import any name and call it. Ours knows the opcodes
// that torch.save needs for a dict of tensors (protocols 2 to 5), and builds None, booleans, numbers,
// text, tuples, lists, dicts and *descriptions* of tensors and storages. A name (GLOBAL, STACK_GLOBAL)
// is compared with a short table; it is never looked up, and "calling" it (REDUCE) means that we fill in
// a description. Any other name and opcode is refused. Source of the opcodes: CPython,
// Lib/pickletools.py.
//
// Memory is bounded by limits::kPickleOpcodesMax: an opcode makes at most one value of a fixed size, and
// text stays where it is. There is no recursion. A value may hold itself (pickle allows it): walk flat.
// Page: docs/formats/weights.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace pannier {

enum class PickleType : uint8_t {
  kNone,
  kBool,
  kInteger,
  kLong,  // beyond 64 bits: little-endian two's complement in `text`
  kFloat,
  kText,
  kTuple,
  kList,
  kDict,
  kName,     // one of pickle_names.h
  kStorage,  // what a persistent id stands for
  kTensor,
};

// "a tuple", …: for messages.
const char* pickle_type_name(PickleType type);

// What torch calls a dtype; names as in safetensors, where that has one.
enum class TorchDtype : uint8_t { kF32, kF16, kBF16, kF64, kI64, kI32, kI16, kI8, kU8, kBool, kC64, kC128 };
std::string_view torch_dtype_name(TorchDtype dtype);
uint32_t torch_dtype_bytes(TorchDtype dtype);

struct PickleValue {
  PickleType type = PickleType::kNone;
  bool ordered = false;  // of a dict: a collections.OrderedDict
  uint32_t offset = 0;   // of the opcode that made it, for messages
  union {
    bool boolean;
    int64_t integer = 0;
    double number;
    uint32_t index;  // of the name, or in Pickle::items, storages or tensors
  };
  std::string_view text;  // a view into the pickle
};

// A run of bytes elsewhere in the file, known by a key.
struct PickledStorage {
  std::string key;
  TorchDtype dtype = TorchDtype::kF32;
  uint64_t elements = 0;
  uint32_t offset = 0;  // in the pickle, of its first mention

  uint64_t bytes() const { return elements * torch_dtype_bytes(dtype); }
};

// A view of a storage; that it lies inside is checked.
struct PickledTensor {
  uint32_t storage = 0;  // in Pickle::storages
  std::vector<uint64_t> shape;
  uint64_t first = 0;     // element of the storage
  uint64_t elements = 0;  // the product of the shape
  bool contiguous = true;
};

struct Pickle {
  std::vector<PickleValue> values;
  // Of tuples and lists: indices of values; of dicts: key, value, key, value, …, as they were set.
  std::vector<std::vector<uint32_t>> items;
  std::vector<PickledStorage> storages;
  std::vector<PickledTensor> tensors;
  uint32_t root = 0;   // index of the value that the pickle is
  uint64_t bytes = 0;  // up to and with STOP; more may follow
  uint64_t base = 0;   // where in the file the pickle begins

  const PickleValue& root_value() const { return values[root]; }
  // REQUIRES: a tuple, list or dict.
  const std::vector<uint32_t>& items_of(const PickleValue& value) const { return items[value.index]; }
};

// Reads one pickle at the start of `bytes`. `what` names it in messages, offsets in them count from
// `base`. The result holds views into `bytes`. kCorrupt, kLimit; kUnsupported, naming it, for an opcode
// or a name that tensors do not need. Every message tells offset and opcode.
Result<Pickle> read_pickle(ByteSpan bytes, uint64_t base, std::string_view what);

}  // namespace pannier

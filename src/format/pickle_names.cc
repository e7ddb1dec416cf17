// The table of names: see pickle_names.h. A row here is what "restricted" means: think before adding one.
#include "format/pickle_names.h"

#include <array>

namespace pannier {
namespace {

using Use = PickleNameUse;
using Dtype = TorchDtype;

constexpr PickleName kNames[] = {
    {"collections", "OrderedDict", Use::kOrderedDict},
    {"torch._utils", "_rebuild_tensor_v2", Use::kRebuildTensor},
    {"torch._utils", "_rebuild_parameter", Use::kRebuildParameter},
    {"torch", "Size", Use::kSize},
    {"torch", "FloatStorage", Use::kStorageType, Dtype::kF32},
    {"torch", "HalfStorage", Use::kStorageType, Dtype::kF16},
    {"torch", "BFloat16Storage", Use::kStorageType, Dtype::kBF16},
    {"torch", "DoubleStorage", Use::kStorageType, Dtype::kF64},
    {"torch", "LongStorage", Use::kStorageType, Dtype::kI64},
    {"torch", "IntStorage", Use::kStorageType, Dtype::kI32},
    {"torch", "ShortStorage", Use::kStorageType, Dtype::kI16},
    {"torch", "CharStorage", Use::kStorageType, Dtype::kI8},
    {"torch", "ByteStorage", Use::kStorageType, Dtype::kU8},
    {"torch", "BoolStorage", Use::kStorageType, Dtype::kBool},
    {"torch", "ComplexFloatStorage", Use::kStorageType, Dtype::kC64},
    {"torch", "ComplexDoubleStorage", Use::kStorageType, Dtype::kC128},
    {"torch", "float32", Use::kDtype, Dtype::kF32},
    {"torch", "float16", Use::kDtype, Dtype::kF16},
    {"torch", "bfloat16", Use::kDtype, Dtype::kBF16},
    {"torch", "float64", Use::kDtype, Dtype::kF64},
    {"torch", "int64", Use::kDtype, Dtype::kI64},
    {"torch", "int32", Use::kDtype, Dtype::kI32},
    {"torch", "int16", Use::kDtype, Dtype::kI16},
    {"torch", "int8", Use::kDtype, Dtype::kI8},
    {"torch", "uint8", Use::kDtype, Dtype::kU8},
    {"torch", "bool", Use::kDtype, Dtype::kBool},
    {"torch", "complex64", Use::kDtype, Dtype::kC64},
    {"torch", "complex128", Use::kDtype, Dtype::kC128},
};

struct DtypeRow {
  Dtype dtype;
  std::string_view name;
  uint32_t bytes;
};

constexpr std::array<DtypeRow, 12> kDtypes = {{
    {Dtype::kF32, "F32", 4},
    {Dtype::kF16, "F16", 2},
    {Dtype::kBF16, "BF16", 2},
    {Dtype::kF64, "F64", 8},
    {Dtype::kI64, "I64", 8},
    {Dtype::kI32, "I32", 4},
    {Dtype::kI16, "I16", 2},
    {Dtype::kI8, "I8", 1},
    {Dtype::kU8, "U8", 1},
    {Dtype::kBool, "BOOL", 1},
    {Dtype::kC64, "C64", 8},
    {Dtype::kC128, "C128", 16},
}};

// The table is indexed by the enum: keep both in one order.
constexpr bool dtypes_in_order() {
  for (size_t i = 0; i < kDtypes.size(); ++i) {
    if (static_cast<size_t>(kDtypes[i].dtype) != i) return false;
  }
  return true;
}
static_assert(dtypes_in_order());

}  // namespace

std::string_view torch_dtype_name(TorchDtype dtype) { return kDtypes[static_cast<size_t>(dtype)].name; }

uint32_t torch_dtype_bytes(TorchDtype dtype) { return kDtypes[static_cast<size_t>(dtype)].bytes; }

int32_t find_pickle_name(std::string_view module, std::string_view name) {
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i].module == module && kNames[i].name == name) return static_cast<int32_t>(i);
  }
  return -1;
}

const PickleName& pickle_name(uint32_t index) { return kNames[index]; }

}  // namespace pannier

// The names a pickle may mention, and what may be done with each. Private to format/pickle*.cc.
#pragma once

#include <cstdint>
#include <string_view>

#include "format/pickle.h"

namespace pannier {

enum class PickleNameUse : uint8_t {
  kOrderedDict,       // called with nothing: an empty dict
  kRebuildTensor,     // called with a storage and a shape: a tensor
  kRebuildParameter,  // called with a tensor: that tensor
  kSize,              // called with a tuple: that tuple
  kStorageType,       // in persistent ids; never called
  kDtype,             // stands as a value; never called
};

struct PickleName {
  std::string_view module;
  std::string_view name;
  PickleNameUse use = PickleNameUse::kDtype;
  TorchDtype dtype = TorchDtype::kF32;  // of storages and dtypes
};

// An index for PickleValue::index, or -1 for any other name.
int32_t find_pickle_name(std::string_view module, std::string_view name);
// REQUIRES: an index that find_pickle_name gave.
const PickleName& pickle_name(uint32_t index);

}  // namespace pannier

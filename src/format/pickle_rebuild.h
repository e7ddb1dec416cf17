// What the calls in a pickle of tensors stand for. Private to format/pickle*.cc.
//
// Errors carry only the reason; the machine adds file, offset and opcode.
#pragma once

#include "format/pickle.h"

namespace pannier {

// torch._utils._rebuild_tensor_v2(storage, first element, shape, strides, requires_grad, hooks): the
// tensor, checked to lie inside its storage.
Result<PickledTensor> rebuild_tensor(const Pickle& pickle, const PickleValue& arguments);

// torch._utils._rebuild_parameter(tensor, requires_grad, hooks): the index of the tensor's value.
Result<uint32_t> rebuild_parameter(const Pickle& pickle, const PickleValue& arguments);

// ("storage", type, key, location, elements), and in the legacy format a sixth that must be None.
Result<PickledStorage> read_persistent_id(const Pickle& pickle, const PickleValue& id);

}  // namespace pannier

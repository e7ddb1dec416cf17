// Tensors and storages out of the values that describe them: see pickle_rebuild.h.
#include "format/pickle_rebuild.h"

#include "base/display.h"
#include "base/limits.h"
#include "format/pickle_names.h"

namespace pannier {
namespace {

Error corrupt(std::string reason) { return {ErrorKind::kCorrupt, std::move(reason), ""}; }
Error unsupported(std::string reason) { return {ErrorKind::kUnsupported, std::move(reason), ""}; }

bool is_empty_dict(const Pickle& pickle, const PickleValue& value) {
  return value.type == PickleType::kDict && pickle.items_of(value).empty();
}

// A shape or strides: a tuple of non-negative integers.
Result<std::vector<uint64_t>> dimensions(const Pickle& pickle, const PickleValue& value, const char* what) {
  if (value.type != PickleType::kTuple) {
    return corrupt(std::string(what) + " is " + pickle_type_name(value.type) + ", not a tuple");
  }
  const std::vector<uint32_t>& items = pickle.items_of(value);
  if (items.size() > limits::kTensorRankMax) {
    return Error{ErrorKind::kLimit,
                 std::string(what) + " has " + std::to_string(items.size()) + " dimensions; at most " +
                     std::to_string(limits::kTensorRankMax) + " are read",
                 ""};
  }
  std::vector<uint64_t> numbers;
  for (const uint32_t item : items) {
    const PickleValue& number = pickle.values[item];
    if (number.type != PickleType::kInteger || number.integer < 0) {
      return corrupt(std::string(what) + " holds something that is no unsigned integer");
    }
    numbers.push_back(static_cast<uint64_t>(number.integer));
  }
  return numbers;
}

Status count_elements(PickledTensor& tensor) {
  tensor.elements = 1;
  for (const uint64_t dimension : tensor.shape) {
    if (dimension != 0 && tensor.elements > limits::kTensorElementsMax / dimension) {
      return Error{
          ErrorKind::kLimit,
          "the shape multiplies to more than " + std::to_string(limits::kTensorElementsMax) + " elements",
          ""};
    }
    tensor.elements *= dimension;
  }
  return {};
}

// Sets `contiguous`, and checks that first and last element lie in the storage.
Status check_extent(PickledTensor& tensor, const std::vector<uint64_t>& strides,
                    const PickledStorage& storage) {
  uint64_t last = tensor.first;
  uint64_t expected = 1;
  for (size_t i = tensor.shape.size(); i-- > 0;) {
    const uint64_t dimension = tensor.shape[i];
    if (tensor.elements == 0 || dimension == 1) continue;  // such a stride is never taken
    if (strides[i] != expected) tensor.contiguous = false;
    expected *= dimension;
    // A storage has at most kTensorElementsMax elements, far below 2^64: what is beyond that is outside it,
    // and nothing that is not can wrap around.
    if (strides[i] > limits::kTensorElementsMax || last > limits::kTensorElementsMax ||
        (dimension - 1) > limits::kTensorElementsMax / (strides[i] + 1)) {
      return corrupt("its offset or strides lead far outside its storage '" + for_message(storage.key) + "'");
    }
    last += (dimension - 1) * strides[i];
  }
  const bool inside = tensor.elements == 0 ? tensor.first <= storage.elements : last < storage.elements;
  if (!inside) {
    return corrupt("the tensor needs elements " + std::to_string(tensor.first) + " to " +
                   std::to_string(last) + " of storage '" + for_message(storage.key) + "', which has " +
                   std::to_string(storage.elements));
  }
  return {};
}

}  // namespace

Result<PickledTensor> rebuild_tensor(const Pickle& pickle, const PickleValue& arguments) {
  const std::vector<uint32_t>& items = pickle.items_of(arguments);
  if (items.size() != 6 && items.size() != 7) {
    return corrupt("_rebuild_tensor_v2 takes 6 or 7 arguments, not " + std::to_string(items.size()));
  }
  const auto argument = [&](size_t i) -> const PickleValue& { return pickle.values[items[i]]; };
  if (argument(0).type != PickleType::kStorage) {
    return corrupt("_rebuild_tensor_v2 is given " + std::string(pickle_type_name(argument(0).type)) +
                   " instead of a storage");
  }
  if (argument(1).type != PickleType::kInteger || argument(1).integer < 0) {
    return corrupt("the storage offset is no unsigned integer");
  }
  if (argument(4).type != PickleType::kBool) return corrupt("requires_grad is not a boolean");
  if (argument(5).type != PickleType::kNone && !is_empty_dict(pickle, argument(5))) {
    return unsupported("the tensor has hooks, which are code");
  }
  // It would say that the numbers are to be negated or conjugated.
  if (items.size() == 7 && argument(6).type != PickleType::kNone && !is_empty_dict(pickle, argument(6))) {
    return unsupported("the tensor has metadata that changes what its numbers mean");
  }
  PickledTensor tensor;
  tensor.storage = argument(0).index;
  tensor.first = static_cast<uint64_t>(argument(1).integer);
  PANNIER_ASSIGN(tensor.shape, dimensions(pickle, argument(2), "the shape"));
  PANNIER_ASSIGN(const std::vector<uint64_t> strides, dimensions(pickle, argument(3), "strides"));
  if (strides.size() != tensor.shape.size()) {
    return corrupt("a shape of " + std::to_string(tensor.shape.size()) + " dimensions has " +
                   std::to_string(strides.size()) + " strides");
  }
  PANNIER_TRY(count_elements(tensor));
  PANNIER_TRY(check_extent(tensor, strides, pickle.storages[tensor.storage]));
  return tensor;
}

Result<uint32_t> rebuild_parameter(const Pickle& pickle, const PickleValue& arguments) {
  const std::vector<uint32_t>& items = pickle.items_of(arguments);
  if (items.size() != 3) {
    return corrupt("_rebuild_parameter takes 3 arguments, not " + std::to_string(items.size()));
  }
  const PickleValue& tensor = pickle.values[items[0]];
  if (tensor.type != PickleType::kTensor) {
    return corrupt("_rebuild_parameter is given " + std::string(pickle_type_name(tensor.type)) +
                   " instead of a tensor");
  }
  if (pickle.values[items[1]].type != PickleType::kBool) return corrupt("requires_grad is not a boolean");
  const PickleValue& hooks = pickle.values[items[2]];
  if (hooks.type != PickleType::kNone && !is_empty_dict(pickle, hooks)) {
    return unsupported("the parameter has hooks, which are code");
  }
  return items[0];
}

Result<PickledStorage> read_persistent_id(const Pickle& pickle, const PickleValue& id) {
  if (id.type != PickleType::kTuple) {
    return corrupt("a persistent id must be a tuple that describes a storage, not " +
                   std::string(pickle_type_name(id.type)));
  }
  const std::vector<uint32_t>& items = pickle.items_of(id);
  const auto part = [&](size_t i) -> const PickleValue& { return pickle.values[items[i]]; };
  if (items.empty() || part(0).type != PickleType::kText || part(0).text != "storage") {
    return unsupported("a persistent id that is no storage");
  }
  if (items.size() != 5 && items.size() != 6) {
    return corrupt("a storage is described by 5 or 6 values, not " + std::to_string(items.size()));
  }
  if (part(1).type != PickleType::kName || pickle_name(part(1).index).use != PickleNameUse::kStorageType) {
    return corrupt("the storage's type is " + std::string(pickle_type_name(part(1).type)) +
                   ", not the name of a storage class");
  }
  if (part(2).type != PickleType::kText || part(2).text.empty() ||
      part(2).text.size() > limits::kPathComponentBytesMax) {
    return corrupt("the storage's key is not a short text");
  }
  if (part(3).type != PickleType::kText) return corrupt("the storage's location is not a text");
  if (part(4).type != PickleType::kInteger || part(4).integer < 0) {
    return corrupt("the storage's count of elements is no unsigned integer");
  }
  if (items.size() == 6 && part(5).type != PickleType::kNone) {
    return unsupported("the storage is a view of another storage, as PyTorch before 0.4 wrote them");
  }
  PickledStorage storage;
  storage.key = part(2).text;
  storage.dtype = pickle_name(part(1).index).dtype;
  storage.elements = static_cast<uint64_t>(part(4).integer);
  storage.offset = id.offset;
  if (storage.elements > limits::kTensorElementsMax) {
    return Error{ErrorKind::kLimit,
                 "storage '" + for_message(storage.key) + "' has " + std::to_string(storage.elements) +
                     " elements; at most " + std::to_string(limits::kTensorElementsMax) + " are read",
                 ""};
  }
  return storage;
}

}  // namespace pannier

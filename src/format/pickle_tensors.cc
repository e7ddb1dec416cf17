// From the values of a pickle to named tensors: see pickle_tensors.h.
#include "format/pickle_tensors.h"

#include <cassert>
#include <set>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

std::string at(const Pickle& pickle, const PickleValue& value, std::string_view what) {
  return std::string(what) + " at byte " + std::to_string(pickle.base + value.offset) + ": ";
}

bool holds_tensors(const Pickle& pickle, const PickleValue& dict) {
  const std::vector<uint32_t>& items = pickle.items_of(dict);
  for (size_t i = 1; i < items.size(); i += 2) {
    if (pickle.values[items[i]].type == PickleType::kTensor) return true;
  }
  return false;
}

// transformers does not find such tensors either: it takes every key of the file for a tensor's name.
Status check_not_nested(const Pickle& pickle, const PickleValue& root, std::string_view what) {
  const std::vector<uint32_t>& items = pickle.items_of(root);
  for (size_t i = 0; i < items.size(); i += 2) {
    const PickleValue& key = pickle.values[items[i]];
    const PickleValue& value = pickle.values[items[i + 1]];
    if (value.type != PickleType::kDict || !holds_tensors(pickle, value)) continue;
    const std::string name =
        key.type == PickleType::kText ? for_message(key.text) : std::to_string(key.integer);
    return Error{ErrorKind::kUnsupported,
                 at(pickle, value, what) + "the tensors are one level down, under '" + name +
                     "'; transformers would not find them there either",
                 "this is a training checkpoint: have its maker save that entry alone, or save_pretrained() "
                 "the model"};
  }
  return {};
}

PytorchTensor place(const Pickle& pickle, const PickledTensor& source, uint64_t storage_begin) {
  const PickledStorage& storage = pickle.storages[source.storage];
  const uint64_t element_bytes = torch_dtype_bytes(storage.dtype);
  PytorchTensor tensor;
  tensor.dtype = storage.dtype;
  tensor.shape = source.shape;
  tensor.contiguous = source.contiguous;
  if (source.contiguous) {
    tensor.begin = storage_begin + source.first * element_bytes;
    tensor.end = tensor.begin + source.elements * element_bytes;
    assert(tensor.end <= storage_begin + storage.bytes());
  }
  return tensor;
}

}  // namespace

Result<std::vector<PytorchTensor>> tensors_of(const Pickle& pickle,
                                              const std::vector<uint64_t>& storage_begins,
                                              std::string_view what) {
  assert(storage_begins.size() == pickle.storages.size());
  const PickleValue& root = pickle.root_value();
  if (root.type != PickleType::kDict) {
    return Error{ErrorKind::kUnsupported,
                 at(pickle, root, what) + "the file is " + pickle_type_name(root.type) +
                     ", not a dict of named tensors",
                 "have its maker save model.state_dict(), or get the model as model.safetensors"};
  }
  std::vector<PytorchTensor> tensors;
  std::set<std::string_view> names;
  const std::vector<uint32_t>& items = pickle.items_of(root);
  for (size_t i = 0; i < items.size(); i += 2) {
    const PickleValue& key = pickle.values[items[i]];
    const PickleValue& value = pickle.values[items[i + 1]];
    if (value.type != PickleType::kTensor) continue;
    if (key.type != PickleType::kText) {
      return Error{ErrorKind::kUnsupported, at(pickle, key, what) + "a tensor has a number for a name",
                   "have its maker save model.state_dict(), or get the model as model.safetensors"};
    }
    if (!names.insert(key.text).second) {
      return Error{ErrorKind::kCorrupt,
                   at(pickle, key, what) + "tensor '" + for_message(key.text) + "' comes twice",
                   "two readers could see different models in this file: get it from another place"};
    }
    if (tensors.size() == limits::kTensorsMax) {
      return Error{ErrorKind::kLimit,
                   at(pickle, key, what) + "more than " + std::to_string(limits::kTensorsMax) + " tensors",
                   ""};
    }
    const PickledTensor& tensor = pickle.tensors[value.index];
    tensors.push_back(place(pickle, tensor, storage_begins[tensor.storage]));
    tensors.back().name = key.text;
  }
  if (tensors.empty()) PANNIER_TRY(check_not_nested(pickle, root, what));
  return tensors;
}

}  // namespace pannier

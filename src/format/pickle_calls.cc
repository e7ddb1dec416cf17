// The opcodes that name things and "call" them: see pickle_machine.h. Nothing is looked up and nothing runs.
#include "base/display.h"
#include "format/pickle_machine.h"
#include "format/pickle_names.h"
#include "format/pickle_rebuild.h"

namespace pannier {

Status PickleMachine::global() {
  PANNIER_ASSIGN(const std::string_view module, take_line());
  PANNIER_ASSIGN(const std::string_view name, take_line());
  return push_name(module, name);
}

Status PickleMachine::stack_global() {
  PANNIER_ASSIGN(const uint32_t name_index, pop());
  PANNIER_ASSIGN(const uint32_t module_index, pop());
  const PickleValue& name = pickle_.values[name_index];
  const PickleValue& module = pickle_.values[module_index];
  if (name.type != PickleType::kText || module.type != PickleType::kText) {
    return corrupt("a name made of " + std::string(pickle_type_name(module.type)) + " and " +
                   pickle_type_name(name.type) + ", not of two texts");
  }
  return push_name(module.text, name.text);
}

Status PickleMachine::push_name(std::string_view module, std::string_view name) {
  const int32_t index = find_pickle_name(module, name);
  if (index < 0) return refused_name(for_message(module) + "." + for_message(name));
  PickleValue value = make(PickleType::kName);
  value.index = static_cast<uint32_t>(index);
  return push(value);
}

Status PickleMachine::reduce() {
  PANNIER_ASSIGN(const uint32_t arguments, pop());
  PANNIER_ASSIGN(const uint32_t callee, pop());
  if (pickle_.values[callee].type != PickleType::kName) {
    return corrupt(std::string(pickle_type_name(pickle_.values[callee].type)) + " is called");
  }
  if (pickle_.values[arguments].type != PickleType::kTuple) {
    return corrupt("the arguments of a call are " +
                   std::string(pickle_type_name(pickle_.values[arguments].type)) + ", not a tuple");
  }
  return call(callee, arguments);
}

Status PickleMachine::call(uint32_t callee, uint32_t arguments) {
  const PickleName& name = pickle_name(pickle_.values[callee].index);
  const std::vector<uint32_t>& items = pickle_.items_of(pickle_.values[arguments]);
  switch (name.use) {
    case PickleNameUse::kOrderedDict:
      if (!items.empty()) return corrupt("OrderedDict is called with arguments");
      return push_container(PickleType::kDict, {}, true);
    case PickleNameUse::kSize:
      if (items.size() != 1 || pickle_.values[items[0]].type != PickleType::kTuple) {
        return corrupt("torch.Size is called with something that is no tuple");
      }
      return push_index(items[0]);
    case PickleNameUse::kRebuildParameter: {
      auto tensor = rebuild_parameter(pickle_, pickle_.values[arguments]);
      if (!tensor.ok()) return located(tensor.error());
      return push_index(*tensor);
    }
    case PickleNameUse::kRebuildTensor: {
      auto tensor = rebuild_tensor(pickle_, pickle_.values[arguments]);
      if (!tensor.ok()) return located(tensor.error());
      PickleValue value = make(PickleType::kTensor);
      value.index = static_cast<uint32_t>(pickle_.tensors.size());
      pickle_.tensors.push_back(std::move(*tensor));
      return push(value);
    }
    case PickleNameUse::kStorageType:
    case PickleNameUse::kDtype:
      break;
  }
  return corrupt(std::string(name.module) + "." + std::string(name.name) +
                 " is called; it only names a type");
}

// An OrderedDict that is a state_dict carries the versions of its modules as an attribute, _metadata.
// Nothing here needs it: it is checked to be a dict and dropped.
Status PickleMachine::build() {
  PANNIER_ASSIGN(const uint32_t state, pop());
  PANNIER_ASSIGN(const uint32_t object, pop());
  if (pickle_.values[object].type != PickleType::kDict || !pickle_.values[object].ordered) {
    return corrupt("sets attributes of " + std::string(pickle_type_name(pickle_.values[object].type)) +
                   "; only an OrderedDict has any");
  }
  if (pickle_.values[state].type != PickleType::kDict) {
    return corrupt("the attributes are " + std::string(pickle_type_name(pickle_.values[state].type)) +
                   ", not a dict");
  }
  return push_index(object);
}

Status PickleMachine::persistent_id() {
  PANNIER_ASSIGN(const uint32_t id, pop());
  auto storage = read_persistent_id(pickle_, pickle_.values[id]);
  if (!storage.ok()) return located(storage.error());
  const auto next = static_cast<uint32_t>(pickle_.storages.size());
  const auto [found, is_new] = storages_.try_emplace(storage->key, next);
  if (is_new) {
    storage->offset = static_cast<uint32_t>(opcode_at_);
    pickle_.storages.push_back(std::move(*storage));
  } else {
    const PickledStorage& first = pickle_.storages[found->second];
    if (first.dtype != storage->dtype || first.elements != storage->elements) {
      return corrupt("storage '" + for_message(first.key) + "' is " + std::to_string(storage->elements) +
                     " " + std::string(torch_dtype_name(storage->dtype)) + " here, and was " +
                     std::to_string(first.elements) + " " + std::string(torch_dtype_name(first.dtype)) +
                     " at byte " + std::to_string(pickle_.base + first.offset));
    }
  }
  PickleValue value = make(PickleType::kStorage);
  value.index = found->second;
  return push(value);
}

Error PickleMachine::refused_name(const std::string& name) const {
  for (const std::string_view prefix : {"torch._utils._rebuild_", "torch._tensor._rebuild_"}) {
    if (!name.starts_with(prefix)) continue;
    Error error = fail(ErrorKind::kUnsupported, "a kind of tensor that is not read: " + name);
    error.hint =
        "load the model with transformers where Python is at hand, and save_pretrained() it: that "
        "writes model.safetensors";
    return error;
  }
  return fail(ErrorKind::kUnsupported, "this file would run " + name + " when Python loads it");
}

}  // namespace pannier

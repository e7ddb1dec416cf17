// Names for messages, and the door to the machine: see pickle.h.
#include "format/pickle.h"

#include "format/pickle_machine.h"

namespace pannier {

const char* pickle_type_name(PickleType type) {
  switch (type) {
    case PickleType::kNone:
      return "None";
    case PickleType::kBool:
      return "a boolean";
    case PickleType::kInteger:
    case PickleType::kLong:
      return "an integer";
    case PickleType::kFloat:
      return "a number";
    case PickleType::kText:
      return "a text";
    case PickleType::kTuple:
      return "a tuple";
    case PickleType::kList:
      return "a list";
    case PickleType::kDict:
      return "a dict";
    case PickleType::kName:
      return "a name";
    case PickleType::kStorage:
      return "a storage";
    case PickleType::kTensor:
      return "a tensor";
  }
  return "unknown";
}

Result<Pickle> read_pickle(ByteSpan bytes, uint64_t base, std::string_view what) {
  return PickleMachine(bytes, base, what).run();
}

}  // namespace pannier

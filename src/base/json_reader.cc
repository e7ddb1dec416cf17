// JsonReader: members of an object, with the message for a wrong one.
#include <algorithm>

#include "base/json.h"

namespace pannier {

Error JsonReader::wrong(std::string_view key, const char* expected) const {
  const JsonValue value = object_[key];
  const std::string found = value.exists() ? std::string("is ") + json_type_name(value.type()) : "is missing";
  return Error{ErrorKind::kCorrupt,
               std::string(what_) + ": \"" + std::string(key) + "\" " + found + ", expected " + expected +
                   " (object at byte " + std::to_string(object_.offset()) + ")",
               ""};
}

Result<std::string> JsonReader::string(std::string_view key) const {
  const auto text = object_[key].as_string();
  if (!text) return wrong(key, "a string");
  return std::string(*text);
}

Result<uint64_t> JsonReader::unsigned_integer(std::string_view key, uint64_t max) const {
  const auto value = object_[key].as_unsigned();
  if (!value) return wrong(key, "a whole number that is not negative");
  if (*value > max) {
    return Error{ErrorKind::kLimit,
                 std::string(what_) + ": \"" + std::string(key) + "\" is " + std::to_string(*value) +
                     ", at most " + std::to_string(max) + " is allowed",
                 ""};
  }
  return *value;
}

Result<JsonValue> JsonReader::object(std::string_view key) const {
  const JsonValue value = object_[key];
  if (!value.is_object()) return wrong(key, "an object");
  return value;
}

Result<JsonValue> JsonReader::array(std::string_view key) const {
  const JsonValue value = object_[key];
  if (!value.is_array()) return wrong(key, "an array");
  return value;
}

Status JsonReader::only(std::initializer_list<std::string_view> keys) const {
  for (const JsonValue::Member member : object_.members()) {
    if (std::find(keys.begin(), keys.end(), member.key) == keys.end()) {
      return Error{ErrorKind::kCorrupt,
                   std::string(what_) + ": unknown key \"" + std::string(member.key.substr(0, 80)) +
                       "\" at byte " + std::to_string(member.value.offset()),
                   ""};
    }
  }
  return {};
}

}  // namespace pannier

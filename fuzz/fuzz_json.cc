// Any bytes through the JSON parser; what it accepts is walked, and must read back after writing.
#include <cstdlib>
#include <string>

#include "base/json.h"

namespace {

// Writes `value` again; REQUIRES depth within the parser's bound, so recursion is safe.
void copy(pannier::JsonValue value, pannier::JsonWriter& writer) {
  switch (value.type()) {
    case pannier::JsonType::kNull:
      writer.null();
      break;
    case pannier::JsonType::kBool:
      writer.boolean(*value.as_bool());
      break;
    case pannier::JsonType::kInteger:
      writer.integer(*value.as_integer());
      break;
    case pannier::JsonType::kNumber:
      writer.number(*value.as_number());
      break;
    case pannier::JsonType::kString:
      writer.string(*value.as_string());
      break;
    case pannier::JsonType::kArray:
      writer.begin_array();
      for (const auto element : value.elements()) copy(element, writer);
      writer.end_array();
      break;
    case pannier::JsonType::kObject:
      writer.begin_object();
      for (const auto& [key, member] : value.members()) {
        writer.key(key);
        copy(member, writer);
      }
      writer.end_object();
      break;
  }
}

std::string rewrite(const pannier::JsonDocument& document) {
  pannier::JsonWriter writer;
  copy(document.root(), writer);
  return writer.take();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto document = pannier::JsonDocument::parse(text, "fuzz");
  if (!document.ok()) return 0;
  const std::string once = rewrite(*document);
  const auto again = pannier::JsonDocument::parse(once, "again");
  if (!again.ok() || rewrite(*again) != once) std::abort();
  return 0;
}

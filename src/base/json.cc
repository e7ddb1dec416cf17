#include "base/json.h"

#include <deque>

#include "base/json_parser.h"
#include "base/limits.h"

namespace pannier {

struct JsonDocument::Storage {
  std::string owned;
  std::string_view text;  // of `owned`, or of the caller's memory
  std::vector<JsonNode> nodes;
  std::deque<std::string> unescaped;  // strings that had escapes; addresses stay
};

const char* json_type_name(JsonType type) {
  switch (type) {
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return "true or false";
    case JsonType::kInteger:
      return "an integer";
    case JsonType::kNumber:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "an array";
    case JsonType::kObject:
      return "an object";
  }
  return "?";
}

JsonType JsonValue::type() const { return node_ == nullptr ? JsonType::kNull : node_->type; }

std::optional<bool> JsonValue::as_bool() const {
  if (!is(JsonType::kBool)) return std::nullopt;
  return node_->boolean;
}

std::optional<int64_t> JsonValue::as_integer() const {
  if (!is(JsonType::kInteger)) return std::nullopt;
  return node_->integer;
}

std::optional<uint64_t> JsonValue::as_unsigned() const {
  if (!is(JsonType::kInteger) || node_->integer < 0) return std::nullopt;
  return static_cast<uint64_t>(node_->integer);
}

std::optional<double> JsonValue::as_number() const {
  if (is(JsonType::kInteger)) return static_cast<double>(node_->integer);
  if (!is(JsonType::kNumber)) return std::nullopt;
  return node_->number;
}

std::optional<std::string_view> JsonValue::as_string() const {
  if (!is(JsonType::kString)) return std::nullopt;
  return node_->view();
}

size_t JsonValue::size() const { return is_object() || is_array() ? node_->size : 0; }

uint64_t JsonValue::offset() const { return node_ == nullptr ? 0 : node_->offset; }

JsonValue JsonValue::operator[](std::string_view key) const {
  for (const Member member : members()) {
    if (member.key == key) return member.value;
  }
  return {};
}

JsonValue::ElementIterator& JsonValue::ElementIterator::operator++() {
  node_ = base_ + node_->end;
  return *this;
}

JsonValue::Member JsonValue::MemberIterator::operator*() const {
  return {node_->view(), JsonValue(node_ + 1, base_)};
}

JsonValue::MemberIterator& JsonValue::MemberIterator::operator++() {
  node_ = base_ + node_[1].end;
  return *this;
}

JsonValue::Range<JsonValue::ElementIterator> JsonValue::elements() const {
  if (!is_array()) return {ElementIterator(nullptr, nullptr), ElementIterator(nullptr, nullptr)};
  return {ElementIterator(node_ + 1, base_), ElementIterator(base_ + node_->end, base_)};
}

JsonValue::Range<JsonValue::MemberIterator> JsonValue::members() const {
  if (!is_object()) return {MemberIterator(nullptr, nullptr), MemberIterator(nullptr, nullptr)};
  return {MemberIterator(node_ + 1, base_), MemberIterator(base_ + node_->end, base_)};
}

JsonDocument::JsonDocument(std::unique_ptr<Storage> storage) : storage_(std::move(storage)) {}
JsonDocument::JsonDocument(JsonDocument&&) noexcept = default;
JsonDocument& JsonDocument::operator=(JsonDocument&&) noexcept = default;
JsonDocument::~JsonDocument() = default;

Result<JsonDocument> JsonDocument::parse(std::string text, std::string_view what) {
  auto storage = std::make_unique<Storage>();
  storage->owned = std::move(text);
  storage->text = storage->owned;
  return parse_storage(std::move(storage), what);
}

Result<JsonDocument> JsonDocument::parse_view(std::string_view text, std::string_view what) {
  auto storage = std::make_unique<Storage>();
  storage->text = text;
  return parse_storage(std::move(storage), what);
}

Result<JsonDocument> JsonDocument::parse_storage(std::unique_ptr<Storage> storage, std::string_view what) {
  if (storage->text.size() > limits::kJsonBytesMax) {
    return Error{ErrorKind::kLimit,
                 std::string(what) + ": " + std::to_string(storage->text.size()) +
                     " bytes of JSON; at most " + std::to_string(limits::kJsonBytesMax) + " are read",
                 ""};
  }
  PANNIER_TRY(parse_json(storage->text, what, storage->nodes, storage->unescaped));
  return JsonDocument(std::move(storage));
}

JsonValue JsonDocument::root() const { return {storage_->nodes.data(), storage_->nodes.data()}; }

}  // namespace pannier

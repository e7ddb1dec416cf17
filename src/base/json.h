// JSON (RFC 8259), strict and bounded: what the outside gives is parsed into a flat document whose
// strings are views; what we write comes out in the order written, so that equal input gives equal bytes.
//
// Refused: nesting beyond limits::kJsonDepthMax, duplicate keys, invalid UTF-8, lone surrogate
// escapes, control characters in strings, anything after the value, NaN and infinities.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace pannier {

enum class JsonType : uint8_t { kNull, kBool, kInteger, kNumber, kString, kArray, kObject };

// "an object", "a string", …: for messages.
const char* json_type_name(JsonType type);

struct JsonNode;
class JsonDocument;

// A handle to one value of a document; cheap to copy, valid while the document lives (moves included).
// A default-made handle means "absent": every question answers no.
class JsonValue {
 public:
  JsonValue() = default;

  bool exists() const { return node_ != nullptr; }
  explicit operator bool() const { return exists(); }
  JsonType type() const;  // kNull when absent
  bool is(JsonType type) const { return exists() && this->type() == type; }
  bool is_null() const { return is(JsonType::kNull); }
  bool is_object() const { return is(JsonType::kObject); }
  bool is_array() const { return is(JsonType::kArray); }
  bool is_string() const { return is(JsonType::kString); }

  // The value where it has that type, else nullopt.
  std::optional<bool> as_bool() const;
  std::optional<int64_t> as_integer() const;    // numbers written without fraction or exponent
  std::optional<uint64_t> as_unsigned() const;  // the same, not negative
  std::optional<double> as_number() const;      // integers too
  std::optional<std::string_view> as_string() const;

  // Members of an object, or elements of an array; 0 for anything else.
  size_t size() const;
  // The member of that key (absent where there is none, or where this is no object). Linear.
  JsonValue operator[](std::string_view key) const;

  // Where in the text this value begins, for messages.
  uint64_t offset() const;

  // for (JsonValue element : value.elements()) / for (auto [key, member] : value.members())
  class ElementIterator {
   public:
    explicit ElementIterator(const JsonNode* node, const JsonNode* base) : node_(node), base_(base) {}
    JsonValue operator*() const { return {node_, base_}; }
    ElementIterator& operator++();
    bool operator!=(const ElementIterator& other) const { return node_ != other.node_; }

   private:
    const JsonNode* node_;
    const JsonNode* base_;
  };
  struct Member;
  class MemberIterator {
   public:
    explicit MemberIterator(const JsonNode* node, const JsonNode* base) : node_(node), base_(base) {}
    Member operator*() const;
    MemberIterator& operator++();
    bool operator!=(const MemberIterator& other) const { return node_ != other.node_; }

   private:
    const JsonNode* node_;  // the key's node; its value follows
    const JsonNode* base_;
  };
  template <class Iterator>
  struct Range {
    Iterator first;
    Iterator last;
    Iterator begin() const { return first; }
    Iterator end() const { return last; }
  };
  Range<ElementIterator> elements() const;
  Range<MemberIterator> members() const;

 private:
  friend class JsonDocument;
  JsonValue(const JsonNode* node, const JsonNode* base) : node_(node), base_(base) {}
  const JsonNode* node_ = nullptr;
  const JsonNode* base_ = nullptr;
};

struct JsonValue::Member {
  std::string_view key;
  JsonValue value;
};

class JsonDocument {
 public:
  // `what` names the text in messages ("config.json"). kCorrupt with the offset, or kLimit.
  // The view form keeps no copy: `text` must outlive the document.
  static Result<JsonDocument> parse(std::string text, std::string_view what);
  static Result<JsonDocument> parse_view(std::string_view text, std::string_view what);

  JsonDocument(JsonDocument&&) noexcept;
  JsonDocument& operator=(JsonDocument&&) noexcept;
  ~JsonDocument();

  JsonValue root() const;

 private:
  struct Storage;
  explicit JsonDocument(std::unique_ptr<Storage> storage);
  static Result<JsonDocument> parse_storage(std::unique_ptr<Storage> storage, std::string_view what);
  std::unique_ptr<Storage> storage_;
};

// Reads the members of one object and turns a wrong or missing one into a message that names the
// file, the key and what was expected.
class JsonReader {
 public:
  // `what` is the file, `kind` the error for a bad member (kCorrupt unless said).
  JsonReader(JsonValue object, std::string_view what) : object_(object), what_(what) {}

  Result<std::string> string(std::string_view key) const;
  Result<uint64_t> unsigned_integer(std::string_view key, uint64_t max) const;
  Result<JsonValue> object(std::string_view key) const;
  Result<JsonValue> array(std::string_view key) const;
  // kCorrupt where the object has a member that is not named here: closed formats only.
  Status only(std::initializer_list<std::string_view> keys) const;

 private:
  Error wrong(std::string_view key, const char* expected) const;
  JsonValue object_;
  std::string_view what_;
};

// How a JsonWriter lays its text out.
enum class JsonLayout {
  kCompact,   // {"a":1,"b":[2,3]}: for formats
  kSpaced,    // {"a": 1, "b": [2, 3]}: one line, as Python's json.dumps writes
  kIndented,  // a member or element a line, two spaces a level: for people
};

class JsonWriter {
 public:
  explicit JsonWriter(JsonLayout layout = JsonLayout::kCompact) : layout_(layout) {}

  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view key);
  JsonWriter& string(std::string_view text);  // must be valid UTF-8; non-ASCII is written as it is
  JsonWriter& integer(int64_t value);
  JsonWriter& unsigned_integer(uint64_t value);
  // Shortest digits that read back as the same double, laid out as Python's repr does.
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();

  JsonWriter& member(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& member(std::string_view name, uint64_t value) { return key(name).unsigned_integer(value); }
  JsonWriter& member(std::string_view name, bool value) { return key(name).boolean(value); }

  // What was written so far; the writer is then empty.
  std::string take();

 private:
  void before_value();
  void separate(bool first);
  void new_line();
  std::string out_;
  JsonLayout layout_;
  struct Level {
    bool is_object = false;
    bool has_members = false;
  };
  std::vector<Level> levels_;
  bool after_key_ = false;
};

// A double as Python's repr writes it: "0.9998656511306763", "1e-05".
std::string python_float_repr(double value);

}  // namespace pannier

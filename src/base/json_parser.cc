#include "base/json_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/utf8.h"

namespace pannier {
namespace {

// Keys of one object, to find a duplicate. Open addressing; where an attacker made keys collide, it
// falls back to sorting.
class DuplicateFinder {
 public:
  // The duplicate, or nullptr.
  static const JsonNode* find(const std::vector<JsonNode>& nodes, size_t object) {
    const JsonNode& head = nodes[object];
    if (head.size < 2) return nullptr;
    std::vector<uint32_t> keys;
    keys.reserve(head.size);
    for (size_t i = object + 1; i < head.end; i = nodes[i + 1].end) keys.push_back(static_cast<uint32_t>(i));
    return keys.size() <= kPairwiseMax ? pairwise(nodes, keys) : hashed(nodes, keys);
  }

 private:
  static constexpr size_t kPairwiseMax = 8;
  static constexpr uint32_t kProbesMax = 64;

  static const JsonNode* pairwise(const std::vector<JsonNode>& nodes, const std::vector<uint32_t>& keys) {
    for (size_t i = 1; i < keys.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (nodes[keys[i]].view() == nodes[keys[j]].view()) return &nodes[keys[i]];
      }
    }
    return nullptr;
  }

  static uint64_t hash(std::string_view text) {
    uint64_t value = 14695981039346656037ull;  // FNV-1a
    for (const char c : text) value = (value ^ static_cast<uint8_t>(c)) * 1099511628211ull;
    return value ^ (value >> 32);
  }

  static const JsonNode* hashed(const std::vector<JsonNode>& nodes, std::vector<uint32_t>& keys) {
    size_t slots = 16;
    while (slots < keys.size() * 2) slots *= 2;
    std::vector<uint32_t> table(slots, 0);  // node index; 0 (the root) is never a key
    for (const uint32_t key : keys) {
      const std::string_view text = nodes[key].view();
      size_t slot = hash(text) & (slots - 1);
      for (uint32_t probes = 0; table[slot] != 0; ++probes) {
        if (nodes[table[slot]].view() == text) return &nodes[key];
        if (probes == kProbesMax) return sorted(nodes, keys);
        slot = (slot + 1) & (slots - 1);
      }
      table[slot] = key;
    }
    return nullptr;
  }

  static const JsonNode* sorted(const std::vector<JsonNode>& nodes, std::vector<uint32_t>& keys) {
    std::sort(keys.begin(), keys.end(),
              [&](uint32_t a, uint32_t b) { return nodes[a].view() < nodes[b].view(); });
    for (size_t i = 1; i < keys.size(); ++i) {
      if (nodes[keys[i - 1]].view() == nodes[keys[i]].view()) return &nodes[std::max(keys[i - 1], keys[i])];
    }
    return nullptr;
  }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

class JsonParser {
 public:
  JsonParser(std::string_view text, std::string_view what, std::vector<JsonNode>& nodes,
             std::deque<std::string>& unescaped)
      : text_(text), what_(what), nodes_(nodes), unescaped_(unescaped) {}

  Status parse_document();

 private:
  Status parse_value(uint32_t depth);
  Status parse_object(uint32_t depth);
  Status parse_member(uint32_t depth);
  Status parse_array(uint32_t depth);
  Status parse_string();
  Status parse_escaped(size_t begin, size_t offset);
  Status parse_unicode_escape(std::string& out);
  Status read_hex4(char32_t& out);
  Status parse_number();
  Status parse_literal(std::string_view word, JsonType type, bool boolean);
  Status push(JsonType type, size_t offset);
  Status fault(const std::string& reason, size_t offset) const;
  Status fault(const std::string& reason) const { return fault(reason, at_); }
  void skip_space();
  bool at_end() const { return at_ >= text_.size(); }
  bool at(char c) const { return !at_end() && text_[at_] == c; }
  void skip_digits() {
    while (!at_end() && is_digit(text_[at_])) ++at_;
  }

  std::string_view text_;
  std::string_view what_;
  std::vector<JsonNode>& nodes_;
  std::deque<std::string>& unescaped_;
  size_t at_ = 0;
};

Status JsonParser::fault(const std::string& reason, size_t offset) const {
  return Error{ErrorKind::kCorrupt,
               std::string(what_) + ": not valid JSON at byte " + std::to_string(offset) + ": " + reason, ""};
}

Status JsonParser::push(JsonType type, size_t offset) {
  if (nodes_.size() >= limits::kJsonNodesMax) {
    return Error{ErrorKind::kLimit,
                 std::string(what_) + ": more than " + std::to_string(limits::kJsonNodesMax) + " JSON values",
                 ""};
  }
  JsonNode node{};
  node.type = type;
  node.offset = static_cast<uint32_t>(offset);
  node.end = static_cast<uint32_t>(nodes_.size() + 1);
  nodes_.push_back(node);
  return {};
}

void JsonParser::skip_space() {
  while (!at_end()) {
    const char c = text_[at_];
    if (c != ' ' && c != '\n' && c != '\t' && c != '\r') return;
    ++at_;
  }
}

Status JsonParser::parse_document() {
  skip_space();
  PANNIER_TRY(parse_value(0));
  skip_space();
  if (!at_end()) return fault("something follows the value");
  return {};
}

Status JsonParser::parse_value(uint32_t depth) {
  if (depth > limits::kJsonDepthMax) {
    return Error{ErrorKind::kLimit,
                 std::string(what_) + ": JSON nested deeper than " + std::to_string(limits::kJsonDepthMax) +
                     " at byte " + std::to_string(at_),
                 ""};
  }
  if (at_end()) return fault("the text ends where a value should be");
  switch (text_[at_]) {
    case '{':
      return parse_object(depth);
    case '[':
      return parse_array(depth);
    case '"':
      return parse_string();
    case 't':
      return parse_literal("true", JsonType::kBool, true);
    case 'f':
      return parse_literal("false", JsonType::kBool, false);
    case 'n':
      return parse_literal("null", JsonType::kNull, false);
    default:
      return parse_number();
  }
}

Status JsonParser::parse_object(uint32_t depth) {
  const size_t object = nodes_.size();
  PANNIER_TRY(push(JsonType::kObject, at_++));
  skip_space();
  if (at('}')) {
    ++at_;
    return {};
  }
  uint32_t size = 0;
  while (true) {
    PANNIER_TRY(parse_member(depth));
    ++size;
    if (at(',')) {
      ++at_;
      skip_space();
      continue;
    }
    if (!at('}')) return fault("',' or '}' expected");
    ++at_;
    break;
  }
  nodes_[object].size = size;
  nodes_[object].end = static_cast<uint32_t>(nodes_.size());
  if (const JsonNode* twice = DuplicateFinder::find(nodes_, object)) {
    return fault("the key \"" + std::string(twice->view().substr(0, 80)) + "\" appears twice", twice->offset);
  }
  return {};
}

Status JsonParser::parse_member(uint32_t depth) {
  if (!at('"')) return fault("a key in double quotes expected");
  PANNIER_TRY(parse_string());
  skip_space();
  if (!at(':')) return fault("':' expected");
  ++at_;
  skip_space();
  PANNIER_TRY(parse_value(depth + 1));
  skip_space();
  return {};
}

Status JsonParser::parse_array(uint32_t depth) {
  const size_t array = nodes_.size();
  PANNIER_TRY(push(JsonType::kArray, at_++));
  skip_space();
  if (at(']')) {
    ++at_;
    return {};
  }
  uint32_t size = 0;
  while (true) {
    PANNIER_TRY(parse_value(depth + 1));
    ++size;
    skip_space();
    if (at(',')) {
      ++at_;
      skip_space();
      continue;
    }
    if (!at(']')) return fault("',' or ']' expected");
    ++at_;
    break;
  }
  nodes_[array].size = size;
  nodes_[array].end = static_cast<uint32_t>(nodes_.size());
  return {};
}

// Most strings have no escape: they stay a view into the text.
Status JsonParser::parse_string() {
  const size_t offset = at_++;
  const size_t begin = at_;
  uint8_t all_bits = 0;
  while (!at_end()) {
    const auto c = static_cast<uint8_t>(text_[at_]);
    if (c == '"' || c == '\\' || c < 0x20) break;
    all_bits |= c;
    ++at_;
  }
  if (at_end()) return fault("a string does not end", offset);
  if (all_bits >= 0x80) {
    const size_t invalid = utf8_find_invalid(text_.substr(begin, at_ - begin));
    if (invalid != std::string_view::npos) return fault("invalid UTF-8 in a string", begin + invalid);
  }
  if (text_[at_] == '\\') return parse_escaped(begin, offset);
  if (text_[at_] != '"') return fault("a control character in a string");
  PANNIER_TRY(push(JsonType::kString, offset));
  nodes_.back().text = {text_.data() + begin, at_ - begin};
  ++at_;
  return {};
}

// The string that began at `begin` and whose first escape is here.
Status JsonParser::parse_escaped(size_t begin, size_t offset) {
  std::string out(text_.substr(begin, at_ - begin));
  while (true) {
    if (at_end()) return fault("a string does not end", offset);
    const char c = text_[at_];
    if (c == '"') break;
    if (static_cast<uint8_t>(c) < 0x20) return fault("a control character in a string");
    if (c != '\\') {
      const Utf8Step step = utf8_decode(text_, at_);
      if (step.length == 0) return fault("invalid UTF-8 in a string");
      out.append(text_.substr(at_, step.length));
      at_ += step.length;
      continue;
    }
    if (++at_ >= text_.size()) return fault("a string does not end", offset);
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char letter = text_[at_++];
    if (letter == 'u') {
      PANNIER_TRY(parse_unicode_escape(out));
      continue;
    }
    const size_t found = kLetters.find(letter);
    if (found == std::string_view::npos) return fault("an unknown escape in a string", at_ - 2);
    out.push_back(kMeanings[found]);
  }
  ++at_;
  PANNIER_TRY(push(JsonType::kString, offset));
  unescaped_.push_back(std::move(out));
  nodes_.back().text = {unescaped_.back().data(), unescaped_.back().size()};
  return {};
}

Status JsonParser::read_hex4(char32_t& out) {
  if (text_.size() - at_ < 4) return fault("\\u needs four hexadecimal digits");
  uint32_t value = 0;
  const char* first = text_.data() + at_;
  const auto [end, code] = std::from_chars(first, first + 4, value, 16);
  if (code != std::errc() || end != first + 4) return fault("\\u needs four hexadecimal digits");
  out = value;
  at_ += 4;
  return {};
}

Status JsonParser::parse_unicode_escape(std::string& out) {
  const size_t offset = at_ - 2;
  char32_t code_point = 0;
  PANNIER_TRY(read_hex4(code_point));
  if (code_point >= 0xD800 && code_point <= 0xDBFF) {
    char32_t low = 0;
    if (text_.substr(at_, 2) != "\\u") return fault("half of a surrogate pair", offset);
    at_ += 2;
    PANNIER_TRY(read_hex4(low));
    if (low < 0xDC00 || low > 0xDFFF) return fault("half of a surrogate pair", offset);
    code_point = 0x10000 + ((code_point - 0xD800) << 10) + (low - 0xDC00);
  } else if (code_point >= 0xDC00 && code_point <= 0xDFFF) {
    return fault("half of a surrogate pair", offset);
  }
  utf8_append(code_point, out);
  return {};
}

Status JsonParser::parse_number() {
  const size_t begin = at_;
  if (at('-')) ++at_;
  if (at_end() || !is_digit(text_[at_])) return fault("a value expected", begin);
  if (at('0')) {
    ++at_;
    if (!at_end() && is_digit(text_[at_])) return fault("a number with a leading zero", begin);
  }
  skip_digits();
  bool integer = true;
  if (at('.')) {
    integer = false;
    if (++at_ >= text_.size() || !is_digit(text_[at_])) return fault("a digit expected after '.'");
    skip_digits();
  }
  if (at('e') || at('E')) {
    integer = false;
    ++at_;
    if (at('+') || at('-')) ++at_;
    if (at_end() || !is_digit(text_[at_])) return fault("a digit expected in the exponent");
    skip_digits();
  }
  PANNIER_TRY(push(integer ? JsonType::kInteger : JsonType::kNumber, begin));
  const char* first = text_.data() + begin;
  const char* last = text_.data() + at_;
  if (integer && std::from_chars(first, last, nodes_.back().integer).ec == std::errc()) return {};
  // A fraction, or an integer beyond 64 bits (tokenizer files say 1e30 for "no limit").
  nodes_.back().type = JsonType::kNumber;
  const std::errc code = std::from_chars(first, last, nodes_.back().number).ec;
  if (code != std::errc() || !std::isfinite(nodes_.back().number))
    return fault("a number out of range", begin);
  return {};
}

Status JsonParser::parse_literal(std::string_view word, JsonType type, bool boolean) {
  if (text_.substr(at_, word.size()) != word) return fault("a value expected");
  PANNIER_TRY(push(type, at_));
  if (type == JsonType::kBool) nodes_.back().boolean = boolean;
  at_ += word.size();
  return {};
}

}  // namespace

Status parse_json(std::string_view text, std::string_view what, std::vector<JsonNode>& nodes,
                  std::deque<std::string>& unescaped) {
  return JsonParser(text, what, nodes, unescaped).parse_document();
}

}  // namespace pannier

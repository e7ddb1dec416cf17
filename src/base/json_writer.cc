// JsonWriter: JSON text in the order written, and numbers as Python's repr lays them out.
#include <cassert>
#include <charconv>
#include <cmath>

#include "base/json.h"

namespace pannier {
namespace {

void append_escaped(std::string_view text, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out.append("\\n");
    } else if (c == '\t') {
      out.append("\\t");
    } else if (c == '\r') {
      out.append("\\r");
    } else if (byte < 0x20) {
      out.append("\\u00");
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    } else {
      out.push_back(c);
    }
  }
}

}  // namespace

std::string python_float_repr(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  char text[64];
  // Shortest digits in scientific form "d.ddde±xx", then laid out by Python's rule: plain for
  // exponents from -4 to 15.
  const auto scientific = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  std::string form(text, scientific.ptr);
  const int exponent = std::stoi(form.substr(form.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return form;
  const auto plain = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  std::string out(text, plain.ptr);
  if (out.find('.') == std::string::npos) out.append(".0");
  return out;
}

void JsonWriter::new_line() {
  if (layout_ != JsonLayout::kIndented) return;
  out_.push_back('\n');
  out_.append(levels_.size() * 2, ' ');
}

// What stands before a member or element: nothing before the first, a comma before the others.
void JsonWriter::separate(bool first) {
  if (!first) out_.append(layout_ == JsonLayout::kSpaced ? ", " : ",");
  new_line();
}

void JsonWriter::before_value() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) return;
  assert(!levels_.back().is_object && "a member of an object needs a key");
  separate(!levels_.back().has_members);
  levels_.back().has_members = true;
}

JsonWriter& JsonWriter::begin_object() {
  before_value();
  out_.push_back('{');
  levels_.push_back({true, false});
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  assert(!levels_.empty() && levels_.back().is_object && !after_key_);
  const bool had_members = levels_.back().has_members;
  levels_.pop_back();
  if (had_members) new_line();
  out_.push_back('}');
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  before_value();
  out_.push_back('[');
  levels_.push_back({false, false});
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  assert(!levels_.empty() && !levels_.back().is_object);
  const bool had_members = levels_.back().has_members;
  levels_.pop_back();
  if (had_members) new_line();
  out_.push_back(']');
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  assert(!levels_.empty() && levels_.back().is_object && !after_key_);
  separate(!levels_.back().has_members);
  levels_.back().has_members = true;
  out_.push_back('"');
  append_escaped(name, out_);
  out_.append(layout_ == JsonLayout::kCompact ? "\":" : "\": ");
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view text) {
  before_value();
  out_.push_back('"');
  append_escaped(text, out_);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::integer(int64_t value) {
  before_value();
  out_.append(std::to_string(value));
  return *this;
}

JsonWriter& JsonWriter::unsigned_integer(uint64_t value) {
  before_value();
  out_.append(std::to_string(value));
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  before_value();
  out_.append(python_float_repr(value));
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  before_value();
  out_.append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::null() {
  before_value();
  out_.append("null");
  return *this;
}

std::string JsonWriter::take() {
  assert(levels_.empty() && !after_key_);
  return std::exchange(out_, {});
}

}  // namespace pannier

// toml++ behind one unit: it is slow to compile, and its tree ends here.
// The parser asserts on some malformed keys instead of reporting them; what it would abort on is thrown, and
// caught below with its own errors.
namespace pannier {
struct TomlRefused {};
}  // namespace pannier
#define TOML_ASSERT(condition) ((condition) ? static_cast<void>(0) : throw ::pannier::TomlRefused{})
#define TOML_EXCEPTIONS 1
#define TOML_ENABLE_FORMATTERS 0
#include "format/toml.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

// Numbers come out as JSON has them; what JSON has no word for is refused by name.
Status write_node(JsonWriter& json, const toml::node& node, std::string_view what);

Status write_table(JsonWriter& json, const toml::table& table, std::string_view what) {
  json.begin_object();
  for (const auto& [key, value] : table) {
    json.key(key.str());
    PANNIER_TRY(write_node(json, value, what));
  }
  json.end_object();
  return {};
}

Status write_array(JsonWriter& json, const toml::array& array, std::string_view what) {
  json.begin_array();
  for (const toml::node& element : array) PANNIER_TRY(write_node(json, element, what));
  json.end_array();
  return {};
}

Status write_number(JsonWriter& json, double value, std::string_view what) {
  if (!std::isfinite(value)) {
    return Error{ErrorKind::kCorrupt, fmt::format("{}: a number that is not finite", what), ""};
  }
  json.number(value);
  return {};
}

std::string date_text(const toml::date& date) {
  return fmt::format("{:04}-{:02}-{:02}", date.year, date.month, date.day);
}

std::string time_text(const toml::time& time) {
  return fmt::format("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
}

Status write_node(JsonWriter& json, const toml::node& node, std::string_view what) {
  switch (node.type()) {
    case toml::node_type::table:
      return write_table(json, *node.as_table(), what);
    case toml::node_type::array:
      return write_array(json, *node.as_array(), what);
    case toml::node_type::string:
      json.string(node.as_string()->get());
      return {};
    case toml::node_type::integer:
      json.integer(node.as_integer()->get());
      return {};
    case toml::node_type::floating_point:
      return write_number(json, node.as_floating_point()->get(), what);
    case toml::node_type::boolean:
      json.boolean(node.as_boolean()->get());
      return {};
    case toml::node_type::date:
      json.string(date_text(node.as_date()->get()));
      return {};
    case toml::node_type::time:
      json.string(time_text(node.as_time()->get()));
      return {};
    case toml::node_type::date_time: {
      const toml::date_time& value = node.as_date_time()->get();
      json.string(date_text(value.date) + "T" + time_text(value.time));
      return {};
    }
    case toml::node_type::none:
      break;
  }
  return Error{ErrorKind::kCorrupt, fmt::format("{}: a value of no known type", what), ""};
}

// Whether all bytes outside strings and comments are ASCII, as TOML 1.0 has it. The parser's own tables of
// letters must never see others: some of them it takes for impossible.
bool is_ascii_outside_strings(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80) return false;
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size());
    } else if (c == '"' || c == '\'') {
      const std::string three(3, c);
      const bool is_long = text.substr(i, 3) == three;
      const std::string_view end = is_long ? std::string_view(three) : std::string_view(three).substr(2);
      i += end.size();
      while (i < text.size() && text.substr(i, end.size()) != end) {
        if (!is_long && text[i] == '\n') break;
        i += c == '"' && text[i] == '\\' ? 2 : 1;
      }
      i += end.size();
    } else {
      ++i;
    }
  }
  return true;
}

}  // namespace

Result<JsonDocument> parse_toml(std::string_view text, std::string_view what) {
  if (text.size() > limits::kTomlBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{} has {} bytes, at most {} are read", what, text.size(), limits::kTomlBytesMax), ""};
  }
  if (!is_ascii_outside_strings(text)) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{} is no TOML: a letter beyond ASCII outside of strings", what),
                 "put quotes around it"};
  }
  toml::table table;
  try {
    table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: line {}, column {}: {}", what, error.source().begin.line,
                             error.source().begin.column, for_message(std::string(error.description()))),
                 "see https://toml.io for the syntax"};
  } catch (const TomlRefused&) {
    return Error{ErrorKind::kCorrupt, fmt::format("{} is no TOML: a key is malformed", what),
                 "see https://toml.io for the syntax"};
  }
  JsonWriter json;
  PANNIER_TRY(write_table(json, table, what));
  return JsonDocument::parse(json.take(), what);
}

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04X}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace pannier

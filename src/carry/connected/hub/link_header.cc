#include "carry/connected/hub/link_header.h"

namespace pannier {
namespace {

char lower(char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); }

bool equal_without_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Up to the next `stop` outside of quotes; takes it, and the stop, from `rest`.
std::string_view take_until(std::string_view& rest, std::string_view stops) {
  bool quoted = false;
  size_t end = 0;
  for (; end < rest.size(); ++end) {
    if (quoted && rest[end] == '\\') {
      ++end;
    } else if (rest[end] == '"') {
      quoted = !quoted;
    } else if (!quoted && stops.find(rest[end]) != std::string_view::npos) {
      break;
    }
  }
  end = end < rest.size() ? end : rest.size();
  const std::string_view taken = rest.substr(0, end);
  rest.remove_prefix(end);
  return taken;
}

// Whether `parameter` is rel="… next …".
bool says_next(std::string_view parameter) {
  const size_t equals = parameter.find('=');
  if (equals == std::string_view::npos) return false;
  if (!equal_without_case(trimmed(parameter.substr(0, equals)), "rel")) return false;
  std::string_view value = trimmed(parameter.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  while (!value.empty()) {
    const size_t space = value.find(' ');
    if (equal_without_case(value.substr(0, space), "next")) return true;
    if (space == std::string_view::npos) break;
    value.remove_prefix(space + 1);
  }
  return false;
}

}  // namespace

std::string next_link(std::string_view header) {
  std::string_view rest = header;
  while (true) {
    const size_t open = rest.find('<');
    if (open == std::string_view::npos) return "";
    const size_t close = rest.find('>', open);
    if (close == std::string_view::npos) return "";
    const std::string_view reference = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    bool is_next = false;
    take_until(rest, ";,");
    while (!rest.empty() && rest.front() == ';') {
      rest.remove_prefix(1);
      is_next = says_next(trimmed(take_until(rest, ";,"))) || is_next;
    }
    if (is_next) return std::string(reference);
    if (rest.empty()) return "";
    rest.remove_prefix(1);
  }
}

}  // namespace pannier

#include "cli/group_name.h"

#include <charconv>
#include <functional>
#include <optional>
#include <string_view>

#include "base/display.h"
#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

std::optional<uint32_t> parse_number(std::string_view text) {
  uint32_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Each "name:password:number:members"; until `found` says true.
void for_each_group(const std::function<bool(std::string_view name, uint32_t number)>& found) {
  const auto contents = read_small_file(real_file_system(), "/etc/group", 16 * limits::kMiB);
  if (!contents.ok()) return;
  const std::string_view text = *contents;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = text.substr(start, end - start);
    start = end + 1;
    const size_t password = line.find(':');
    if (password == std::string_view::npos) continue;
    const size_t number = line.find(':', password + 1);
    if (number == std::string_view::npos) continue;
    const size_t members = std::min(line.find(':', number + 1), line.size());
    const auto parsed = parse_number(line.substr(number + 1, members - number - 1));
    if (parsed && found(line.substr(0, password), *parsed)) return;
  }
}

}  // namespace

Result<uint32_t> group_number(const std::string& name) {
  std::optional<uint32_t> result;
  for_each_group([&](std::string_view each, uint32_t number) {
    if (each == name) result = number;
    return result.has_value();
  });
  if (!result) result = parse_number(name);
  if (result) return *result;
  return Error{ErrorKind::kNotFound, "there is no group \"" + for_message(name) + "\" in /etc/group",
               "make it with groupadd, or give its number"};
}

std::string group_name(uint32_t number) {
  std::string result = std::to_string(number);
  for_each_group([&](std::string_view name, uint32_t each) {
    if (each == number) result = name;
    return each == number;
  });
  return result;
}

}  // namespace pannier

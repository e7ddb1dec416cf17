#include "carry/connected/closure/python_imports.h"

#include <algorithm>

namespace pannier {
namespace {

constexpr size_t kImportsMax = 1'000;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

// The next word of the line, without white space around it.
std::string_view take_word(std::string_view& line) {
  while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
  size_t end = 0;
  while (end < line.size() && !is_space(line[end])) ++end;
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

// Empty where the line imports nothing of its own folder.
std::string_view module_of_line(std::string_view line) {
  const std::string_view verb = take_word(line);
  if (verb != "from" && verb != "import") return "";
  const std::string_view module = take_word(line);
  if (module.size() < 2 || module.front() != '.') return "";
  const std::string_view next = take_word(line);
  const bool is_import = verb == "from" ? next.starts_with("import") : next.empty();
  return is_import ? module.substr(1) : "";
}

}  // namespace

std::vector<std::string> relative_imports(std::string_view source) {
  std::vector<std::string> modules;
  while (!source.empty() && modules.size() < kImportsMax) {
    const size_t end = std::min(source.find('\n'), source.size());
    const std::string_view module = module_of_line(source.substr(0, end));
    if (!module.empty() && std::find(modules.begin(), modules.end(), module) == modules.end()) {
      modules.emplace_back(module);
    }
    source.remove_prefix(std::min(end + 1, source.size()));
  }
  return modules;
}

}  // namespace pannier

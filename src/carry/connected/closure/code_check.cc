// Code that a configuration names: in this repository or another, and all that it imports of its own.
#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <set>

#include "base/display.h"
#include "base/safe_path.h"
#include "carry/connected/closure/closure_checks.h"
#include "carry/connected/closure/python_imports.h"

namespace pannier {
namespace {

constexpr size_t kCodeFilesMax = 200;
constexpr size_t kReferenceBytesMax = 512;

void check_imports(RepositoryView& view, const std::string& folder, const std::string& first) {
  std::deque<std::string> waiting = {first};
  std::set<std::string> seen = {first};
  while (!waiting.empty()) {
    const std::string path = waiting.front();
    waiting.pop_front();
    const std::string* source = view.text(path);
    if (source == nullptr) continue;
    for (const std::string& module : relative_imports(*source)) {
      // As transformers has it: beside the first file, whatever the importing file's own folder.
      std::string next = joined_path(folder, module + ".py");
      std::string nested = module;
      std::replace(nested.begin(), nested.end(), '.', '/');
      if (!view.exists(next) && view.exists(joined_path(folder, nested + ".py"))) {
        next = joined_path(folder, nested + ".py");
      }
      if (seen.size() == kCodeFilesMax || !seen.insert(next).second || !SafePath::parse(next).ok()) continue;
      if (view.has(next)) {
        waiting.push_back(next);
      } else {
        view.missing(next, path + ": imports it", "the model's own code does not run without it");
      }
    }
  }
}

void check_references(RepositoryView& view, const std::string& folder, JsonValue value,
                      const std::string& needed_by) {
  if (const auto reference = value.as_string()) check_code_reference(view, folder, *reference, needed_by);
  if (!value.is_array()) return;
  for (const JsonValue element : value.elements()) {  // a slow and a fast tokenizer; either may be null
    if (const auto reference = element.as_string()) check_code_reference(view, folder, *reference, needed_by);
  }
}

}  // namespace

void check_code_reference(RepositoryView& view, const std::string& folder, std::string_view reference,
                          const std::string& needed_by) {
  if (reference.size() > kReferenceBytesMax) return;
  const size_t dashes = reference.find("--");
  std::string_view name = reference;
  if (dashes != std::string_view::npos) name = reference.substr(dashes + 2);
  const size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) {
    view.remark(fmt::format("\"{}\" is no reference to code", for_message(reference)), needed_by,
                Severity::kWarning);
    return;
  }
  if (dashes != std::string_view::npos) {
    need_repository(view, {reference.substr(0, dashes), "", {"*.py", "*.json"}, name},
                    fmt::format("{}: {}", needed_by, for_message(name)));
    return;
  }
  view.remark("loading it runs code of this repository: transformers asks for trust_remote_code=True",
              "auto_map or the like");
  std::string module(name.substr(0, dot));
  std::replace(module.begin(), module.end(), '.', '/');
  std::string path = joined_path(folder, module + ".py");
  std::string code_folder = folder;
  if (!view.exists(path) && view.exists(module + ".py")) {
    path = module + ".py";
    code_folder.clear();
  }
  if (!SafePath::parse(path).ok()) {
    view.remark(fmt::format("\"{}\" names code outside of the repository", for_message(reference)), needed_by,
                Severity::kError);
    return;
  }
  if (!view.has(path)) view.missing(path, needed_by, "the model's own code does not run without it");
  check_imports(view, code_folder, path);
}

void check_auto_map(RepositoryView& view, const std::string& folder, const std::string& path) {
  const JsonValue root = view.json(path);
  const JsonValue map = root["auto_map"];
  if (map.is_object()) {
    for (const auto [key, value] : map.members()) {
      check_references(view, folder, value, path + ": auto_map");
    }
  } else {
    check_references(view, folder, map, path + ": auto_map");  // tokenizers of old
  }
  for (const auto [task, pipeline] : root["custom_pipelines"].members()) {
    check_references(view, folder, pipeline["impl"], path + ": custom_pipelines");
  }
}

}  // namespace pannier

// Reading pannier.toml: every key is known, every value has its type, or the file is refused.
#include "format/spec_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <initializer_list>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/toml.h"

namespace pannier {
namespace {

constexpr std::string_view kDatasetPrefix = "datasets/";

// One table of the file, with the words for its messages.
class Table {
 public:
  Table(JsonValue table, std::string where) : table_(table), where_(std::move(where)) {}

  Error wrong(std::string_view key, std::string_view problem) const {
    return {ErrorKind::kInvalid, fmt::format("{}: \"{}\" {}", where_, for_message(std::string(key)), problem),
            "docs/formats/lock.md lists the keys"};
  }

  Status only(std::initializer_list<std::string_view> keys) const {
    for (const auto& [key, value] : table_.members()) {
      if (std::find(keys.begin(), keys.end(), key) != keys.end()) continue;
      return wrong(key, "is no key here");
    }
    return {};
  }

  Status read(std::string_view key, std::string& out) const {
    const JsonValue value = table_[key];
    if (!value) return {};
    if (!value.is_string() || value.as_string()->empty()) return wrong(key, "must be a string, not empty");
    out = *value.as_string();
    return {};
  }

  Status read(std::string_view key, bool& out) const {
    const JsonValue value = table_[key];
    if (!value) return {};
    if (!value.as_bool()) return wrong(key, "must be true or false");
    out = *value.as_bool();
    return {};
  }

  Status read(std::string_view key, std::vector<std::string>& out) const {
    const JsonValue value = table_[key];
    if (!value) return {};
    if (!value.is_array()) return wrong(key, "must be a list of strings");
    for (const JsonValue element : value.elements()) {
      if (!element.is_string() || element.as_string()->empty()) {
        return wrong(key, "must be a list of strings, none empty");
      }
      out.emplace_back(*element.as_string());
    }
    return {};
  }

  // "needed" or "all".
  Status read_files(bool& all_files) const {
    std::string files = "needed";
    PANNIER_TRY(read("files", files));
    if (files != "needed" && files != "all") return wrong("files", "must be \"needed\" or \"all\"");
    all_files = files == "all";
    return {};
  }

 private:
  JsonValue table_;
  std::string where_;
};

Result<SpecEntry> read_entry(JsonValue value, const std::string& where) {
  SpecEntry entry;
  if (value.is_string()) {
    entry.ref = *value.as_string();
  } else if (value.is_object()) {
    const Table table(value, where);
    PANNIER_TRY(table.only({"ref", "name", "files", "include", "exclude"}));
    PANNIER_TRY(table.read("ref", entry.ref));
    PANNIER_TRY(table.read("name", entry.name));
    PANNIER_TRY(table.read_files(entry.all_files));
    PANNIER_TRY(table.read("include", entry.include));
    PANNIER_TRY(table.read("exclude", entry.exclude));
  }
  if (!entry.ref.empty()) return entry;
  return Error{ErrorKind::kInvalid, where + ": a string with a ref, or a table with \"ref\", is expected",
               ""};
}

Result<std::vector<SpecEntry>> read_entries(JsonValue root, std::string_view key, std::string_view what) {
  std::vector<SpecEntry> entries;
  const JsonValue list = root[key];
  if (!list) return entries;
  if (!list.is_array()) return Table(root, std::string(what)).wrong(key, "must be a list");
  for (const JsonValue value : list.elements()) {
    PANNIER_ASSIGN(SpecEntry entry, read_entry(value, fmt::format("{}: {}[{}]", what, key, entries.size())));
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<SpecPython> read_python(JsonValue value, const std::string& where) {
  SpecPython python;
  if (!value) return python;
  if (!value.is_object()) return Error{ErrorKind::kInvalid, where + " must be a table", ""};
  const Table table(value, where);
  PANNIER_TRY(table.only({"requirements", "requirements-files", "constraints", "targets", "torch",
                          "index-url", "extra-index-urls", "find-links", "build-sdists"}));
  PANNIER_TRY(table.read("requirements", python.requirements));
  PANNIER_TRY(table.read("requirements-files", python.requirements_files));
  PANNIER_TRY(table.read("constraints", python.constraints));
  PANNIER_TRY(table.read("targets", python.targets));
  PANNIER_TRY(table.read("torch", python.torch));
  PANNIER_TRY(table.read("index-url", python.index_url));
  PANNIER_TRY(table.read("extra-index-urls", python.extra_index_urls));
  PANNIER_TRY(table.read("find-links", python.find_links));
  PANNIER_TRY(table.read("build-sdists", python.build_sdists));
  if (python.asks_for_wheels() && python.targets.empty()) {
    return table.wrong("targets", "is missing: which machines are the wheels for?");
  }
  return python;
}

void write_list(JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.key(key).begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

void write_entries(JsonWriter& json, std::string_view key, const std::vector<SpecEntry>& entries) {
  json.key(key).begin_array();
  for (const SpecEntry& entry : entries) {
    json.begin_object().member("ref", entry.ref).member("name", entry.name).member("all", entry.all_files);
    write_list(json, "include", entry.include);
    write_list(json, "exclude", entry.exclude);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

Result<SpecFile> parse_spec_file(std::string_view toml, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, parse_toml(toml, what));
  const JsonValue root = document.root();
  const Table table(root, std::string(what));
  PANNIER_TRY(table.only({"models", "datasets", "closure", "python"}));
  SpecFile spec;
  PANNIER_ASSIGN(spec.models, read_entries(root, "models", what));
  PANNIER_ASSIGN(spec.datasets, read_entries(root, "datasets", what));
  for (SpecEntry& entry : spec.datasets) {
    const bool is_bare = entry.ref.find(':') == std::string::npos && !entry.ref.starts_with(kDatasetPrefix);
    if (is_bare) entry.ref.insert(0, kDatasetPrefix);
  }
  PANNIER_TRY(table.read("closure", spec.closure));
  PANNIER_ASSIGN(spec.python, read_python(root["python"], fmt::format("{}: [python]", what)));
  if (spec.models.empty() && spec.datasets.empty() && !spec.python.asks_for_wheels()) {
    return Error{ErrorKind::kInvalid, fmt::format("{} asks for nothing", what),
                 "add models = [\"org/name\"], datasets or [python] requirements"};
  }
  return spec;
}

std::string canonical_spec(const SpecFile& spec) {
  JsonWriter json;
  json.begin_object();
  write_entries(json, "models", spec.models);
  write_entries(json, "datasets", spec.datasets);
  json.member("closure", spec.closure).key("python").begin_object();
  write_list(json, "requirements", spec.python.requirements);
  write_list(json, "requirements-files", spec.python.requirements_files);
  write_list(json, "constraints", spec.python.constraints);
  write_list(json, "targets", spec.python.targets);
  json.member("torch", spec.python.torch).member("index-url", spec.python.index_url);
  write_list(json, "extra-index-urls", spec.python.extra_index_urls);
  write_list(json, "find-links", spec.python.find_links);
  json.member("build-sdists", spec.python.build_sdists).end_object().end_object();
  return json.take();
}

}  // namespace pannier

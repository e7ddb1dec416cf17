#include "carry/connected/wheels/pip_settings.h"

#include <fmt/core.h>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

// The settings that matter to us; a variable of another name is none of our business.
constexpr const char* kNames[] = {"index-url",  "extra-index-url", "find-links", "no-index",
                                  "constraint", "trusted-host",    "cert"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (is_space(text.front()) || text.front() == '\n')) text.remove_prefix(1);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\n')) text.remove_suffix(1);
  return text;
}

// pip takes "index_url" and "--index-url" for "index-url".
std::string normal_key(std::string_view key) {
  std::string out;
  for (const char c : trimmed(key)) {
    out += c == '_' ? '-' : (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  return out.starts_with("--") ? out.substr(2) : out;
}

std::string variable_name(std::string_view name) {
  std::string out = "PIP_";
  for (const char c : name)
    out += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

// Reads the lines of one file one after another.
class ConfParser {
 public:
  explicit ConfParser(std::string_view what) : what_(what) {}

  Status line(std::string_view text) {
    ++number_;
    const std::string_view content = trimmed(text);
    if (content.empty() || content.front() == '#' || content.front() == ';') return {};
    const bool indented = is_space(text.front());
    if (indented && value_ != nullptr) {  // more of the value above
      value_->append("\n").append(content);
      return {};
    }
    if (content.front() == '[') return section(content);
    return setting(content);
  }
  PipSections take() { return std::move(sections_); }

 private:
  Status section(std::string_view content) {
    const size_t end = content.find(']');
    if (end == std::string_view::npos) return wrong("a section without \"]\"");
    section_ = &sections_[std::string(content.substr(1, end - 1))];
    value_ = nullptr;
    return {};
  }

  Status setting(std::string_view content) {
    if (section_ == nullptr) return wrong("a setting before the first section, such as [global]");
    const size_t equals = content.find_first_of("=:");
    if (equals == std::string_view::npos) return wrong("neither a section nor NAME = VALUE");
    value_ = &(*section_)[normal_key(content.substr(0, equals))];
    *value_ = std::string(trimmed(content.substr(equals + 1)));
    return {};
  }

  Error wrong(std::string_view reason) const {
    return Error{ErrorKind::kCorrupt, fmt::format("{}: line {}: {}", for_display(what_), number_, reason),
                 "pip reads this file too: mend it there"};
  }

  std::string_view what_;
  uint64_t number_ = 0;
  PipSections sections_;
  std::map<std::string, std::string>* section_ = nullptr;
  std::string* value_ = nullptr;
};

// Where pip looks, what wins last.
std::vector<std::string> conf_files(const Environment& environment) {
  std::vector<std::string> out;
  std::string folders = environment("XDG_CONFIG_DIRS");
  if (folders.empty()) folders = "/etc/xdg";
  // The first folder is the most important one, so it comes last.
  for (size_t end = folders.size();;) {
    const size_t colon = end == 0 ? std::string::npos : folders.rfind(':', end - 1);
    const size_t begin = colon == std::string::npos ? 0 : colon + 1;
    if (end > begin) out.push_back(folders.substr(begin, end - begin) + "/pip/pip.conf");
    if (colon == std::string::npos) break;
    end = colon;
  }
  out.emplace_back("/etc/pip.conf");
  const std::string home = environment("HOME");
  std::string user = environment("XDG_CONFIG_HOME");
  if (user.empty() && !home.empty()) user = home + "/.config";
  if (!home.empty()) out.push_back(home + "/.pip/pip.conf");
  if (!user.empty()) out.push_back(user + "/pip/pip.conf");
  if (const std::string venv = environment("VIRTUAL_ENV"); !venv.empty()) out.push_back(venv + "/pip.conf");
  if (const std::string file = environment("PIP_CONFIG_FILE"); !file.empty()) {
    if (file == "/dev/null") return {};  // pip's way to say: no files at all
    out.push_back(file);
  }
  return out;
}

}  // namespace

std::vector<std::string> words_of(std::string_view value) {
  std::vector<std::string> out;
  for (size_t at = 0; at < value.size();) {
    size_t end = at;
    while (end < value.size() && !is_space(value[end]) && value[end] != '\n') ++end;
    if (end > at) out.emplace_back(value.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

Result<PipSections> parse_pip_conf(std::string_view text, std::string_view what) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  ConfParser parser(what);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    PANNIER_TRY(parser.line(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parser.take();
}

Result<std::map<std::string, PipSetting>> read_pip_settings(FileSystem& fs, const Environment& environment) {
  std::map<std::string, PipSetting> global;
  std::map<std::string, PipSetting> install;
  for (const std::string& path : conf_files(environment)) {
    auto text = read_small_file(fs, path, limits::kConfigBytesMax);
    if (!text.ok() && text.error().kind == ErrorKind::kNotFound) continue;
    PANNIER_ASSIGN(const std::string contents, std::move(text));
    PANNIER_ASSIGN(PipSections sections, parse_pip_conf(contents, path));
    for (auto& [name, value] : sections["global"]) global[name] = {value, path};
    for (auto& [name, value] : sections["install"]) install[name] = {value, path};
  }
  for (auto& [name, setting] : install) global[name] = std::move(setting);
  for (const char* name : kNames) {
    const std::string variable = variable_name(name);
    if (const std::string value = environment(variable); !value.empty()) global[name] = {value, variable};
  }
  return global;
}

}  // namespace pannier

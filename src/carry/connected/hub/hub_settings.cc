#include "carry/connected/hub/hub_settings.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace pannier {
namespace {

constexpr uint64_t kTokenFileBytesMax = 16 * 1024;
constexpr size_t kTokenBytesMax = 4096;

// Of a path the environment gives: a leading "~" means HOME.
std::string expanded(const std::string& path, const Environment& environment) {
  if (path != "~" && !path.starts_with("~/")) return path;
  return environment("HOME") + path.substr(1);
}

std::string hf_home(const Environment& environment) {
  if (const std::string home = environment("HF_HOME"); !home.empty()) return expanded(home, environment);
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) {
    return expanded(cache, environment) + "/huggingface";
  }
  const std::string home = environment("HOME");
  return home.empty() ? "" : home + "/.cache/huggingface";
}

bool is_true(std::string value) {
  std::transform(value.begin(), value.end(), value.begin(),
                 [](char c) { return static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c); });
  return value == "1" || value == "ON" || value == "YES" || value == "TRUE";
}

// Without white space around it. `source` says where it is from.
Result<std::string> cleaned(std::string_view text, const std::string& source) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return std::string();
  text = text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
  const bool is_plain = std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!is_plain || text.size() > kTokenBytesMax) {
    return Error{ErrorKind::kInvalid, source + " does not hold a token (one word of printable characters)",
                 "the Hub's tokens begin with hf_; only the token may be in it"};
  }
  return std::string(text);
}

// Tokens are often mounted as links, so the file may be one.
Result<std::string> token_from_file(FileSystem& fs, const std::string& path) {
  std::string target = path;
  const auto stat = fs.stat(path);
  if (stat.ok() && stat->kind == FileKind::kSymlink) {
    std::error_code error;
    const auto resolved = std::filesystem::canonical(path, error);
    if (error) return Error{ErrorKind::kNotFound, "token file " + path + " is a link that leads nowhere", ""};
    target = resolved.string();
  }
  auto text = read_small_file(fs, target, kTokenFileBytesMax);
  if (!text.ok()) return with_context(std::move(text).error(), "token file");
  return cleaned(*text, "token file " + path);
}

}  // namespace

std::string hub_endpoint(const std::string& option, const Environment& environment) {
  if (!option.empty()) return option;
  const std::string endpoint = environment("HF_ENDPOINT");
  return endpoint.empty() ? "https://huggingface.co" : endpoint;
}

Result<std::string> read_hub_token(FileSystem& fs, const std::string& option,
                                   const Environment& environment) {
  if (!option.empty()) {
    PANNIER_ASSIGN(std::string token, token_from_file(fs, option));
    if (!token.empty()) return token;
    return Error{ErrorKind::kInvalid, "token file " + option + " is empty",
                 "put the token into it, or leave --hub-token-file out"};
  }
  if (is_true(environment("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) return std::string();
  for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
    PANNIER_ASSIGN(std::string token, cleaned(environment(name), std::string("$") + name));
    if (!token.empty()) return token;
  }
  std::string path = expanded(environment("HF_TOKEN_PATH"), environment);
  if (path.empty()) {
    const std::string home = hf_home(environment);
    if (home.empty()) return std::string();
    path = home + "/token";
  }
  auto token = token_from_file(fs, path);
  if (!token.ok() && token.error().kind == ErrorKind::kNotFound) return std::string();
  return token;
}

std::string hf_cache_folder(const Environment& environment) {
  if (const std::string cache = environment("HF_HUB_CACHE"); !cache.empty()) {
    return expanded(cache, environment);
  }
  const std::string home = hf_home(environment);
  return home.empty() ? "" : home + "/hub";
}

}  // namespace pannier

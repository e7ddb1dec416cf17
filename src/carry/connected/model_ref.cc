#include "carry/connected/model_ref.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/display.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "base/utf8.h"
#include "format/oci.h"

namespace pannier {
namespace {

constexpr size_t kRepoPartBytesMax = 96;
constexpr size_t kRevisionBytesMax = 250;
constexpr size_t kPackageBytesMax = 128;
constexpr size_t kTaskBytesMax = 64;
constexpr std::string_view kForms =
    "names look like org/name, org/name@revision, datasets/org/name, task:sentiment-analysis, "
    "hf-cache:org/name, pypi:package==1.0, or dir:FOLDER";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

Error invalid(std::string_view text, const std::string& reason, std::string hint = std::string(kForms)) {
  return {ErrorKind::kInvalid, fmt::format("\"{}\" names no model: {}", for_message(text), reason),
          std::move(hint)};
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Empty where `part` may be one side of "org/name".
std::string fault_of_repo_part(std::string_view part) {
  if (part.empty()) return "a part of it is empty";
  if (part.size() > kRepoPartBytesMax) {
    return fmt::format("a part of it has {} bytes, at most {} are allowed", part.size(), kRepoPartBytesMax);
  }
  for (const char c : part) {
    if (!is_letter_or_digit(c) && c != '-' && c != '_' && c != '.') {
      return fmt::format("'{}' is no letter, digit, '-', '_' or '.'", for_message({&c, 1}));
    }
  }
  if (part.front() == '-' || part.front() == '.' || part.back() == '-' || part.back() == '.') {
    return "a part of it begins or ends with '-' or '.'";
  }
  return "";
}

// Empty where the Hub allows such a repository.
std::string fault_of_repo(std::string_view repo) {
  if (repo.empty()) return "it is empty";
  if (std::count(repo.begin(), repo.end(), '/') > 1) return "it has more than one '/'";
  if (repo.find("--") != std::string_view::npos) return "\"--\" is not allowed in it";
  if (repo.find("..") != std::string_view::npos) return "\"..\" is not allowed in it";
  if (repo.ends_with(".git")) return "it ends in \".git\"";
  const size_t slash = repo.find('/');
  std::string fault = fault_of_repo_part(repo.substr(0, slash));
  if (fault.empty() && slash != std::string_view::npos) fault = fault_of_repo_part(repo.substr(slash + 1));
  return fault;
}

// Empty where git allows such a name. Source: git-check-ref-format(1).
std::string fault_of_revision(std::string_view revision) {
  if (revision.empty()) return "it is empty";
  if (revision.size() > kRevisionBytesMax) {
    return fmt::format("it has {} bytes, at most {} are allowed", revision.size(), kRevisionBytesMax);
  }
  if (utf8_find_invalid(revision) != std::string_view::npos) return "it is not valid UTF-8";
  for (const char c : revision) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return "it holds a control character";
    if (std::string_view(" ~^:?*[\\@").find(c) != std::string_view::npos) {
      return fmt::format("'{}' is not allowed in it", c);
    }
  }
  if (revision.find("..") != std::string_view::npos) return "\"..\" is not allowed in it";
  if (revision.find("//") != std::string_view::npos || revision.front() == '/' || revision.back() == '/') {
    return "a part of it is empty";
  }
  if (revision.front() == '-') return "it begins with '-', as options do";
  if (revision.front() == '.' || revision.find("/.") != std::string_view::npos || revision.back() == '.') {
    return "a part of it begins with a dot, or it ends with one";
  }
  return "";
}

// "[datasets/]org/name[@revision]" into `ref`.
Status parse_repo(std::string_view rest, ModelRef& ref) {
  const std::string_view whole = rest;
  if (rest.starts_with("spaces/")) {
    return Error{ErrorKind::kUnsupported, "\"" + for_message(whole) + "\" is a Space: a program, not a model",
                 "carry the models that it uses"};
  }
  if (take_prefix(rest, "datasets/")) {
    ref.repo_type = RepoType::kDataset;
  } else if (std::count(rest.begin(), rest.end(), '/') >= 2) {
    take_prefix(rest, "models/");
  }
  const size_t at = rest.find('@');
  if (at != std::string_view::npos) {
    const std::string_view revision = rest.substr(at + 1);
    if (revision.find('@') != std::string_view::npos) return invalid(ref.text, "it has more than one '@'");
    if (std::string fault = fault_of_revision(revision); !fault.empty()) {
      return invalid(ref.text, fmt::format("of the revision \"{}\": {}", for_message(revision), fault),
                     "a revision is a branch, a tag, a commit, or refs/pr/N");
    }
    ref.revision = revision;
  }
  const std::string_view repo = rest.substr(0, at);
  if (std::string fault = fault_of_repo(repo); !fault.empty()) return invalid(ref.text, fault);
  ref.repo = repo;
  return {};
}

// "%2F" -> "/", and so on; nullopt where a '%' stands for nothing.
std::optional<std::string> percent_decoded(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3 || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

std::vector<std::string_view> split_path(std::string_view path) {
  std::vector<std::string_view> parts;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    if (slash != 0) parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return parts;
}

// What a browser's address bar holds: "org/name[/tree/REVISION]" and the like, without scheme and host.
Status parse_page(std::string_view path, ModelRef& ref) {
  path = path.substr(0, path.find_first_of("?#"));
  std::vector<std::string_view> parts = split_path(path);
  std::string word;
  if (!parts.empty() && (parts[0] == "datasets" || parts[0] == "spaces")) {
    word = std::string(parts[0]) + "/";
    parts.erase(parts.begin());
  }
  size_t verb = parts.size();
  for (size_t i = 1; i < std::min<size_t>(parts.size(), 3) && verb == parts.size(); ++i) {
    for (const std::string_view name : {"tree", "blob", "resolve", "commit", "commits", "raw"}) {
      if (parts[i] == name) verb = i;
    }
  }
  for (size_t i = 0; i < verb; ++i) word += (i == 0 ? "" : "/") + std::string(parts[i]);
  const std::string short_form = word;
  size_t after = verb + 1;
  if (after < parts.size()) {
    // A branch's own slashes are escaped in the address; only refs/pr/N is also written plainly.
    std::string revision(parts[after++]);
    if (revision == "refs" && after + 1 < parts.size()) {
      revision += "/" + std::string(parts[after]) + "/" + std::string(parts[after + 1]);
      after += 2;
    }
    const auto decoded = percent_decoded(revision);
    if (!decoded) return invalid(ref.text, "it holds a '%' that escapes nothing");
    word += "@" + *decoded;
  }
  if (after < parts.size()) {
    return invalid(ref.text, "it is the page of a file or folder inside a repository",
                   fmt::format("say {} and choose files with --include", for_message(short_form)));
  }
  return parse_repo(word, ref);
}

Status parse_address(std::string_view rest, ModelRef& ref) {
  const size_t slash = rest.find('/');
  std::string host(rest.substr(0, slash));
  for (char& c : host) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  if (host != "huggingface.co" && host != "www.huggingface.co" && host != "hf.co") {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("\"{}\" is an address of {}, not of the public Hub", for_message(ref.text),
                             for_message(host)),
                 "give the address of another hub with --hub-url, and the model as org/name"};
  }
  return parse_page(slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1), ref);
}

// Lower case, runs of '-', '_' and '.' as one '-'. Source: PEP 503.
std::string normalised_package(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == '.') {
      if (out.empty() || out.back() != '-') out += '-';
    } else {
      out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
  }
  return out;
}

Status parse_package(std::string_view rest, ModelRef& ref) {
  const std::string hint = "a model in a Python package is pypi:PACKAGE==VERSION#FOLDER";
  if (const size_t hash = rest.find('#'); hash != std::string_view::npos) {
    std::string_view inside = rest.substr(hash + 1);
    while (inside.ends_with('/')) inside.remove_suffix(1);
    if (!inside.empty()) {
      const auto path = SafePath::parse(inside);
      if (!path.ok()) return invalid(ref.text, path.error().message, hint);
      ref.inside = path->text();
    }
    rest = rest.substr(0, hash);
  }
  const size_t equals = rest.find("==");
  if (equals != std::string_view::npos) {
    ref.version = rest.substr(equals + 2);
    const bool is_plain = std::all_of(ref.version.begin(), ref.version.end(), [](char c) {
      return is_letter_or_digit(c) || std::string_view(".!+_-").find(c) != std::string_view::npos;
    });
    if (ref.version.empty() || ref.version.size() > kPackageBytesMax || !is_plain) {
      return invalid(ref.text, fmt::format("\"{}\" is no version", for_message(ref.version)), hint);
    }
  }
  const std::string_view name = rest.substr(0, equals);
  const bool is_name = !name.empty() && name.size() <= kPackageBytesMax && is_letter_or_digit(name.front()) &&
                       is_letter_or_digit(name.back()) && std::all_of(name.begin(), name.end(), [](char c) {
                         return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.';
                       });
  if (!is_name) return invalid(ref.text, fmt::format("\"{}\" is no package", for_message(name)), hint);
  ref.package = normalised_package(name);
  return {};
}

Status parse_task(std::string_view rest, ModelRef& ref) {
  const bool is_task = !rest.empty() && rest.size() <= kTaskBytesMax &&
                       std::all_of(rest.begin(), rest.end(),
                                   [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; });
  if (!is_task) {
    return invalid(ref.text, fmt::format("\"{}\" is no task", for_message(rest)),
                   "tasks are named as transformers.pipeline names them: task:sentiment-analysis");
  }
  ref.task = rest;
  return {};
}

Status parse_folder(std::string_view rest, ModelRef& ref) {
  if (rest.empty()) return invalid(ref.text, "dir: needs a folder", "say dir:FOLDER");
  if (rest.find('\0') != std::string_view::npos) return invalid(ref.text, "it holds a NUL byte");
  ref.kind = RefKind::kFolder;
  ref.folder = rest;
  return {};
}

bool looks_like_path(std::string_view text) {
  return text.starts_with('/') || text.starts_with("./") || text.starts_with("../") ||
         text.starts_with('~') || text == "." || text == ".." || text.ends_with('/');
}

Status parse_into(std::string_view text, bool path_exists, ModelRef& ref) {
  std::string_view rest = text;
  if (take_prefix(rest, "dir:")) return parse_folder(rest, ref);
  if (take_prefix(rest, "task:")) {
    ref.kind = RefKind::kTask;
    return parse_task(rest, ref);
  }
  if (take_prefix(rest, "pypi:")) {
    ref.kind = RefKind::kPypi;
    return parse_package(rest, ref);
  }
  if (take_prefix(rest, "hf-cache:")) {
    ref.kind = RefKind::kHfCache;
    return parse_repo(rest, ref);
  }
  if (rest.starts_with("oci:")) {
    return Error{ErrorKind::kUnsupported,
                 "\"" + for_message(text) + "\": this version fetches nothing from OCI registries",
                 std::string(kForms)};
  }
  if (take_prefix(rest, "hf://")) {
    if (std::count(rest.begin(), rest.end(), '/') > (rest.starts_with("datasets/") ? 2 : 1)) {
      return invalid(text, "it names a file or folder inside a repository",
                     "say hf://org/name and choose files with --include");
    }
    return parse_repo(rest, ref);
  }
  if (take_prefix(rest, "https://") || take_prefix(rest, "http://")) return parse_address(rest, ref);
  if (path_exists) return parse_folder(rest, ref);
  if (looks_like_path(rest)) {
    return Error{ErrorKind::kNotFound, "there is no folder \"" + for_message(rest) + "\"",
                 std::string(kForms)};
  }
  for (const std::string_view host : {"huggingface.co/", "www.huggingface.co/", "hf.co/"}) {
    if (rest.starts_with(host)) return parse_page(rest.substr(host.size()), ref);
  }
  return parse_repo(rest, ref);
}

}  // namespace

Result<ModelRef> parse_model_ref(std::string_view text, bool path_exists) {
  if (text.empty()) return invalid(text, "it is empty");
  if (text.size() > limits::kUrlBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("\"{}\" has {} bytes: no name of a model is that long", for_message(text), text.size()),
        std::string(kForms)};
  }
  ModelRef ref;
  ref.text = text;
  PANNIER_TRY(parse_into(text, path_exists, ref));
  return ref;
}

Status check_repo_id(std::string_view repo) {
  if (std::string fault = fault_of_repo(repo); !fault.empty()) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("\"{}\" is no name of a repository: {}", for_message(repo), fault), ""};
  }
  return {};
}

Status check_revision(std::string_view revision) {
  if (std::string fault = fault_of_revision(revision); !fault.empty()) {
    return Error{ErrorKind::kInvalid, fmt::format("\"{}\" is no revision: {}", for_message(revision), fault),
                 ""};
  }
  return {};
}

std::string far_side_name(RepoType type, const std::string& repo, const std::string& revision,
                          const std::string& commit) {
  std::string name = (type == RepoType::kDataset ? "datasets/" : "") + repo;
  if (revision.empty()) return name;
  std::string full = name + "@" + revision;
  return check_ref_name(full).ok() ? full : name + "@" + commit;
}

}  // namespace pannier

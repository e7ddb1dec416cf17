// Looks into the files that name other things: headers, indexes, configurations.
#include "carry/connected/load_check.h"

#include <fmt/core.h>

#include <map>
#include <set>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/safetensors.h"

namespace pannier {
namespace {

constexpr std::string_view kSafetensors = ".safetensors";
constexpr std::string_view kShardIndex = ".safetensors.index.json";
constexpr std::string_view kTokenizer = "tokenizer.json";

using TensorNames = std::map<std::string, std::set<std::string>>;  // by file

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

bool is_named(const std::string& path, std::string_view name) {
  return path == name || path.ends_with("/" + std::string(name));
}

Status read_tensors(const ModelFiles& files, const std::string& path, LoadCheck& check, TensorNames& names) {
  PANNIER_ASSIGN(const std::unique_ptr<FileView> view, files.open(path));
  PANNIER_ASSIGN(const SafetensorsHeader header, parse_safetensors(view->bytes(), path));
  std::set<std::string>& found = names[path];
  for (const SafetensorsTensor& tensor : header.tensors) found.insert(tensor.name);
  check.tensor_count += header.tensors.size();
  check.checked.push_back(fmt::format("{}: {} tensors", path, header.tensors.size()));
  return {};
}

Result<JsonDocument> read_json(const ModelFiles& files, const std::string& path) {
  PANNIER_ASSIGN(const std::unique_ptr<FileView> view, files.open(path));
  if (view->bytes().size() > limits::kTokenizerBytesMax) {
    return Error{ErrorKind::kLimit, fmt::format("{} has {} bytes", path, view->bytes().size()), ""};
  }
  return JsonDocument::parse(std::string(as_text(view->bytes())), path);
}

Status check_shard_index(const std::string& path, const JsonDocument& document, const TensorNames& names) {
  PANNIER_ASSIGN(const JsonValue map, JsonReader(document.root(), path).object("weight_map"));
  for (const auto& [tensor, value] : map.members()) {
    if (!value.is_string()) {
      return Error{ErrorKind::kCorrupt, path + ": weight_map holds something else than file names", ""};
    }
    const std::string shard = folder_of(path) + std::string(*value.as_string());
    const auto found = names.find(shard);
    if (found == names.end()) {
      return Error{ErrorKind::kIncomplete,
                   fmt::format("{} needs {}, which is not there", path, for_message(shard)),
                   "take it along: --include, or --files all"};
    }
    if (!found->second.contains(std::string(tensor))) {
      return Error{ErrorKind::kIncomplete,
                   fmt::format("{} says that {} holds {}, and it does not", path, for_message(shard),
                               for_message(std::string(tensor))),
                   "the repository is damaged upstream"};
    }
  }
  return {};
}

Status check_tokenizer(const std::string& path, const JsonDocument& document) {
  const JsonValue model = document.root()["model"];
  if (model.is_object()) return {};
  return Error{ErrorKind::kCorrupt, path + " has no tokenizer model in it", "the file is damaged upstream"};
}

}  // namespace

Result<LoadCheck> check_model_files(const ModelFiles& files) {
  LoadCheck check;
  TensorNames names;
  for (const std::string& path : files.names()) {
    if (path.ends_with(kSafetensors)) PANNIER_TRY(read_tensors(files, path, check, names));
  }
  for (const std::string& path : files.names()) {
    const bool is_configuration = path.ends_with("config.json") || is_named(path, kTokenizer);
    const bool is_index = path.ends_with(kShardIndex);
    if (!is_configuration && !is_index) continue;
    PANNIER_ASSIGN(const JsonDocument document, read_json(files, path));
    if (is_index) PANNIER_TRY(check_shard_index(path, document, names));
    if (is_named(path, kTokenizer)) PANNIER_TRY(check_tokenizer(path, document));
    check.checked.push_back(path);
  }
  return check;
}

}  // namespace pannier

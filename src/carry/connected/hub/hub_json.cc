#include "carry/connected/hub/hub_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

// Words for people, such as a licence: longer ones are not what they say.
constexpr size_t kWordBytesMax = 256;
constexpr size_t kTagsMax = 1'000;
// Folders are listed too, and cost time even where they are not kept.
constexpr uint64_t kEntriesMax = 4 * limits::kFilesPerModelMax;

Error corrupt(std::string_view what, const std::string& reason) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, reason), ""};
}

std::string word(JsonValue value) {
  const auto text = value.as_string();
  return text && text->size() <= kWordBytesMax ? for_display(*text) : "";
}

// One licence or several, as model cards have them.
std::string licence_of_card(JsonValue card) {
  std::string licence = word(card["license"]);
  for (const JsonValue element : card["license"].elements()) {
    const std::string one = word(element);
    if (one.empty() || licence.size() + one.size() > kWordBytesMax) continue;
    licence += (licence.empty() ? "" : ", ") + one;
  }
  if (licence != "other") return licence;
  const std::string name = word(card["license_name"]);
  return name.empty() ? licence : name;
}

std::string licence_of(JsonValue root, const std::vector<std::string>& tags) {
  std::string licence = licence_of_card(root["cardData"]);
  constexpr std::string_view kTag = "license:";
  for (const std::string& tag : tags) {
    if (licence.empty() && tag.starts_with(kTag)) licence = tag.substr(kTag.size());
  }
  return licence;
}

std::vector<std::string> tags_of(JsonValue tags) {
  std::vector<std::string> out;
  if (!tags.is_array()) return out;
  for (const JsonValue tag : tags.elements()) {
    if (out.size() == kTagsMax) break;
    if (std::string text = word(tag); !text.empty()) out.push_back(std::move(text));
  }
  return out;
}

bool is_commit(std::string_view text) { return sha1_from_hex(text).ok(); }

}  // namespace

Result<RepoInfo> parse_repo_info(std::string_view json, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt(what, "not the description of a repository");
  const JsonReader reader(root, what);
  RepoInfo info;
  PANNIER_ASSIGN(info.id, reader.string("id"));
  if (Status status = check_repo_id(info.id); !status.ok()) return corrupt(what, status.error().message);
  PANNIER_ASSIGN(info.commit, reader.string("sha"));
  if (!is_commit(info.commit)) {
    return corrupt(what, fmt::format("\"{}\" is no commit", for_message(info.commit)));
  }
  info.tags = tags_of(root["tags"]);
  info.licence = licence_of(root, info.tags);
  info.gated = word(root["gated"]);
  if (root["gated"].as_bool().value_or(false)) info.gated = "manual";  // before there were two kinds
  info.pipeline_tag = word(root["pipeline_tag"]);
  info.library = word(root["library_name"]);
  info.last_modified = word(root["lastModified"]);
  info.is_private = root["private"].as_bool().value_or(false);
  info.is_disabled = root["disabled"].as_bool().value_or(false);
  return info;
}

Status TreeListing::add_page(std::string_view json, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  if (!document.root().is_array()) return corrupt(what, "not a list of files");
  for (const JsonValue entry : document.root().elements()) PANNIER_TRY(add_entry(entry, what));
  return {};
}

Status TreeListing::add_entry(JsonValue entry, std::string_view what) {
  if (!entry.is_object()) return corrupt(what, "an entry that is no object");
  if (++entries_ > kEntriesMax) {
    return Error{ErrorKind::kLimit, fmt::format("{}: more than {} files and folders", what, kEntriesMax), ""};
  }
  const JsonReader reader(entry, what);
  PANNIER_ASSIGN(const std::string type, reader.string("type"));
  if (type == "directory") return {};
  if (type != "file") {
    PANNIER_ASSIGN(const std::string path, reader.string("path"));
    return corrupt(what, fmt::format("\"{}\" is neither a file nor a folder but \"{}\"", for_message(path),
                                     for_message(type)));
  }
  return add_file(reader, entry, what);
}

Status TreeListing::add_file(const JsonReader& reader, JsonValue entry, std::string_view what) {
  if (files_.size() == limits::kFilesPerModelMax) {
    return Error{ErrorKind::kLimit, fmt::format("{}: more than {} files", what, limits::kFilesPerModelMax),
                 ""};
  }
  SnapshotFile file;
  PANNIER_ASSIGN(file.path, reader.string("path"));
  const auto path = SafePath::parse(file.path);
  if (!path.ok()) return corrupt(what, path.error().message);
  if (Status added = paths_.add(*path); !added.ok()) return corrupt(what, added.error().message);
  PANNIER_ASSIGN(file.bytes, reader.unsigned_integer("size", limits::kBundleBytesMax));
  total_bytes_ += file.bytes;
  if (total_bytes_ > limits::kBundleBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: more than {} in all", what, human_bytes(limits::kBundleBytesMax)), ""};
  }
  if (entry["lfs"].is_object()) {
    // The git id of such a file is that of a pointer to it, and says nothing about its contents.
    const JsonReader lfs(entry["lfs"], what);
    PANNIER_ASSIGN(const std::string oid, lfs.string("oid"));
    PANNIER_ASSIGN(const uint64_t lfs_bytes, lfs.unsigned_integer("size", limits::kBundleBytesMax));
    const auto digest = digest_from_hex(oid);
    if (!digest.ok() || lfs_bytes != file.bytes) {
      return corrupt(what, fmt::format("\"{}\" has an LFS entry that does not fit it", path->text()));
    }
    file.id.sha256 = *digest;
  } else {
    PANNIER_ASSIGN(const std::string oid, reader.string("oid"));
    const auto blob = sha1_from_hex(oid);
    if (!blob.ok()) {
      return corrupt(what, fmt::format("\"{}\": \"{}\" is no git id", path->text(), for_message(oid)));
    }
    file.id.git_blob = *blob;
  }
  files_.push_back(std::move(file));
  return {};
}

std::vector<SnapshotFile> TreeListing::take() {
  std::sort(files_.begin(), files_.end(),
            [](const SnapshotFile& a, const SnapshotFile& b) { return a.path < b.path; });
  return std::exchange(files_, {});
}

}  // namespace pannier

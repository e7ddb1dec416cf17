// Reads the index of a bundle, and refuses everything that is not exactly how it would be written.
#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "base/json.h"
#include "base/safe_path.h"
#include "format/bundle_canonical.h"
#include "format/bundle_index.h"
#include "format/oci_facts.h"
#include "format/tar.h"

namespace pannier {
namespace {

// Parses one index; `file_` is "BUNDLE: pannier/index.json" for messages.
class IndexParser {
 public:
  explicit IndexParser(std::string file) : file_(std::move(file)) {}

  Result<BundleIndex> parse(std::string_view json) const;

 private:
  Result<Digest> digest(const JsonReader& reader, const std::string& where) const;
  Result<BlobInfo> blob(const JsonReader& parent, std::string_view key, uint64_t bytes_max) const;
  Result<ModelFile> model_file(JsonValue value) const;
  Result<BundleModel> model(JsonValue value, ArtifactKind kind) const;
  Status check_paths(const BundleModel& model) const;
  Result<std::vector<BundleModel>> models(JsonValue array, ArtifactKind kind) const;
  Result<std::vector<BundleModel>> models_of_all_kinds(JsonValue root) const;
  Result<BundleEntry> entry(JsonValue value) const;
  Result<std::vector<BundleEntry>> entries(JsonValue array) const;
  Result<std::vector<Digest>> blocks(JsonValue array, size_t expected) const;
  Status check_layout(const BundleIndex& expected, const BundleIndex& found) const;

  std::string file_;
};

Result<Digest> IndexParser::digest(const JsonReader& reader, const std::string& where) const {
  PANNIER_ASSIGN(const std::string text, reader.string("digest"));
  auto parsed = digest_from_oci(text);
  if (!parsed.ok()) return with_context(std::move(parsed).error(), file_ + ": " + where);
  return parsed;
}

Result<BlobInfo> IndexParser::blob(const JsonReader& parent, std::string_view key, uint64_t bytes_max) const {
  PANNIER_ASSIGN(const JsonValue value, parent.object(key));
  PANNIER_TRY(check_bundle_members(value, {"digest", "bytes"}, file_));
  const JsonReader reader(value, file_);
  BlobInfo info;
  PANNIER_ASSIGN(info.digest, digest(reader, std::string(key)));
  PANNIER_ASSIGN(info.bytes, reader.unsigned_integer("bytes", bytes_max));
  return info;
}

Result<ModelFile> IndexParser::model_file(JsonValue value) const {
  if (!value.is_object()) return corrupt_bundle(file_, "a file is not an object");
  PANNIER_TRY(check_bundle_members(value, {"path", "mode", "bytes", "digest"}, file_));
  const JsonReader reader(value, file_);
  ModelFile file;
  PANNIER_ASSIGN(file.path, reader.string("path"));
  const std::string_view mode = value["mode"].as_string().value_or("");
  if (mode != "0644" && mode != "0755") {
    return corrupt_bundle(file_, fmt::format("file \"{}\" has mode \"{}\", not 0644 or 0755",
                                             file.path.substr(0, 200), mode.substr(0, 20)));
  }
  file.executable = mode == "0755";
  PANNIER_ASSIGN(file.bytes, reader.unsigned_integer("bytes", limits::kBundleBytesMax));
  PANNIER_ASSIGN(file.digest, digest(reader, file.path.substr(0, 200)));
  return file;
}

Status IndexParser::check_paths(const BundleModel& model) const {
  SafePathSet paths;
  for (size_t i = 0; i < model.files.size(); ++i) {
    const auto refuse = [&](const Error& error) {
      return corrupt_bundle(
          file_, fmt::format("{} {}: {}", artifact_kind_name(model.kind), model.name, error.message));
    };
    const auto path = SafePath::parse(model.files[i].path);
    if (!path.ok()) return refuse(path.error());
    if (const Status added = paths.add(*path); !added.ok()) return refuse(added.error());
    if (const Status fits = oci::check_path_of_kind(model.kind, model.files[i].path); !fits.ok()) {
      return refuse(fits.error());
    }
    if (i > 0 && model.files[i].path < model.files[i - 1].path) {
      return corrupt_bundle(
          file_, fmt::format("model {}: file \"{}\" is not in order", model.name, model.files[i].path));
    }
  }
  return {};
}

Result<BundleModel> IndexParser::model(JsonValue value, ArtifactKind kind) const {
  if (!value.is_object()) return corrupt_bundle(file_, "a model is not an object");
  PANNIER_TRY(check_bundle_members(value, {"name", "manifest", "config", "files"}, file_));
  const JsonReader reader(value, file_);
  BundleModel model;
  model.kind = kind;
  PANNIER_ASSIGN(model.name, reader.string("name"));
  if (const Status named = check_ref_name(model.name); !named.ok()) {
    return corrupt_bundle(file_, named.error().message);
  }
  PANNIER_ASSIGN(model.manifest, blob(reader, "manifest", limits::kManifestBytesMax));
  PANNIER_ASSIGN(model.config, blob(reader, "config", limits::kManifestBytesMax));
  PANNIER_ASSIGN(const JsonValue files, reader.array("files"));
  if (files.size() == 0) return corrupt_bundle(file_, fmt::format("model {} has no files", model.name));
  if (files.size() > limits::kFilesPerModelMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: model {} has {} files, at most {} are allowed", file_, model.name,
                             files.size(), limits::kFilesPerModelMax),
                 ""};
  }
  model.files.reserve(files.size());
  for (const JsonValue element : files.elements()) {
    PANNIER_ASSIGN(ModelFile file, model_file(element));
    model.files.push_back(std::move(file));
  }
  PANNIER_TRY(check_paths(model));
  return model;
}

Result<std::vector<BundleModel>> IndexParser::models(JsonValue array, ArtifactKind kind) const {
  std::vector<BundleModel> out;
  for (const JsonValue element : array.elements()) {
    PANNIER_ASSIGN(BundleModel parsed, model(element, kind));
    if (!out.empty() && parsed.name <= out.back().name) {
      return corrupt_bundle(file_, fmt::format("{} \"{}\" stands after \"{}\": not sorted, or twice",
                                               artifact_kind_name(kind), parsed.name, out.back().name));
    }
    out.push_back(std::move(parsed));
  }
  return out;
}

// The lists as one, by name; that no name is in two of them is checked when they are laid out.
Result<std::vector<BundleModel>> IndexParser::models_of_all_kinds(JsonValue root) const {
  const JsonReader reader(root, file_);
  std::vector<BundleModel> all;
  for (const ArtifactKind kind : kArtifactKinds) {
    const std::string_view list = bundle_list_name(kind);
    if (kind != ArtifactKind::kModel && !root[list]) continue;
    PANNIER_ASSIGN(const JsonValue array, reader.array(list));
    PANNIER_ASSIGN(std::vector<BundleModel> parsed, models(array, kind));
    all.insert(all.end(), std::make_move_iterator(parsed.begin()), std::make_move_iterator(parsed.end()));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const BundleModel& a, const BundleModel& b) { return a.name < b.name; });
  return all;
}

Result<BundleEntry> IndexParser::entry(JsonValue value) const {
  if (!value.is_object()) return corrupt_bundle(file_, "an entry is not an object");
  PANNIER_TRY(check_bundle_members(value, {"path", "offset", "bytes", "digest", "encoding"}, file_));
  const JsonReader reader(value, file_);
  BundleEntry entry;
  PANNIER_ASSIGN(entry.path, reader.string("path"));
  const auto encoding = value["encoding"].as_string();
  if (!encoding) return corrupt_bundle(file_, "an entry has no \"encoding\"");
  if (*encoding != "identity") {
    return newer_bundle(file_, fmt::format("entry \"{}\" has encoding \"{}\"", entry.path.substr(0, 200),
                                           encoding->substr(0, 80)));
  }
  PANNIER_ASSIGN(entry.offset, reader.unsigned_integer("offset", limits::kBundleBytesMax));
  PANNIER_ASSIGN(entry.bytes, reader.unsigned_integer("bytes", limits::kBundleBytesMax));
  PANNIER_ASSIGN(entry.digest, digest(reader, entry.path.substr(0, 200)));
  return entry;
}

Result<std::vector<BundleEntry>> IndexParser::entries(JsonValue array) const {
  std::vector<BundleEntry> out;
  out.reserve(array.size());
  for (const JsonValue element : array.elements()) {
    PANNIER_ASSIGN(BundleEntry parsed, entry(element));
    out.push_back(std::move(parsed));
  }
  if (out.size() < 2) return corrupt_bundle(file_, "it lists no data");
  return out;
}

Result<std::vector<Digest>> IndexParser::blocks(JsonValue array, size_t expected) const {
  if (array.size() != expected) {
    return corrupt_bundle(
        file_, fmt::format("{} block digests where the data has {} blocks", array.size(), expected));
  }
  std::vector<Digest> out;
  out.reserve(array.size());
  for (const JsonValue element : array.elements()) {
    const auto text = element.as_string();
    auto parsed = text ? digest_from_hex(*text)
                       : Result<Digest>(Error{ErrorKind::kCorrupt, "a block digest is not a string", ""});
    if (!parsed.ok()) {
      return with_context(std::move(parsed).error(), fmt::format("{}: block {}", file_, out.size()));
    }
    out.push_back(*parsed);
  }
  return out;
}

// Entries follow from the models alone: whatever else is said (a gap, an overlap, a blob twice, one that
// nothing needs, one that is missing) differs here.
Status IndexParser::check_layout(const BundleIndex& expected, const BundleIndex& found) const {
  const size_t count = std::min(expected.entries.size(), found.entries.size());
  for (size_t i = 0; i < count; ++i) {
    const BundleEntry& want = expected.entries[i];
    const BundleEntry& got = found.entries[i];
    if (want == got) continue;
    return corrupt_bundle(file_, fmt::format("entry {} is \"{}\" at offset {} with {} bytes, but the models "
                                             "ask for {} at offset {} with {} bytes",
                                             i, got.path.substr(0, 200), got.offset, got.bytes, want.path,
                                             want.offset, want.bytes));
  }
  if (expected.entries.size() != found.entries.size()) {
    return corrupt_bundle(file_, fmt::format("{} entries, but the models ask for {}", found.entries.size(),
                                             expected.entries.size()));
  }
  if (expected.data_bytes != found.data_bytes) {
    return corrupt_bundle(file_, fmt::format("data_bytes is {}, but the entries end at {}", found.data_bytes,
                                             expected.data_bytes));
  }
  return {};
}

Result<BundleIndex> IndexParser::parse(std::string_view json) const {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, file_));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt_bundle(file_, "not a JSON object");
  PANNIER_TRY(check_bundle_version(root, file_));
  PANNIER_TRY(check_bundle_members(
      root,
      {"version", "block_bytes", "data_bytes", "blocks", "entries", "models", "datasets", "wheelhouses"},
      file_));
  if (root["block_bytes"].as_unsigned() != limits::kBlockBytes) {
    return newer_bundle(file_, "blocks are not of 4194304 bytes");
  }
  const JsonReader reader(root, file_);
  BundleIndex found;
  PANNIER_ASSIGN(found.data_bytes, reader.unsigned_integer("data_bytes", limits::kBundleBytesMax));
  PANNIER_ASSIGN(const JsonValue entry_array, reader.array("entries"));
  PANNIER_ASSIGN(found.entries, entries(entry_array));
  PANNIER_ASSIGN(found.models, models_of_all_kinds(root));

  // The image index is read when its bytes are; its size and digest are what the entry says.
  const BundleEntry& image_index = found.entries[1];
  if (image_index.bytes > limits::kGenerationBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: index.json has {} bytes, at most {} are allowed", file_, image_index.bytes,
                             limits::kGenerationBytesMax),
                 ""};
  }
  auto expected = lay_out_bundle(std::move(found.models), {image_index.digest, image_index.bytes});
  if (!expected.ok()) {
    if (expected.error().kind == ErrorKind::kLimit) return with_context(expected.error(), file_);
    return corrupt_bundle(file_, expected.error().message);
  }
  PANNIER_TRY(check_layout(*expected, found));
  PANNIER_ASSIGN(const JsonValue block_array, reader.array("blocks"));
  PANNIER_ASSIGN(expected->blocks, blocks(block_array, expected->blocks.size()));
  PANNIER_TRY(check_bundle_canonical(write_bundle_index(*expected), json, file_));
  return expected;
}

}  // namespace

Result<BundleIndex> parse_bundle_index(std::string_view json, std::string_view what) {
  const std::string file = fmt::format("{}: {}", what, kBundleIndexPath);
  if (json.size() > limits::kIndexBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} bytes, at most {} are read", file, json.size(), limits::kIndexBytesMax),
                 ""};
  }
  return IndexParser(file).parse(json);
}

}  // namespace pannier

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
  Result<BlobInfo> blob(JsonValue value, std::string_view what, uint64_t bytes_max) const;
  Result<std::vector<BlobInfo>> blobs(JsonValue array, std::string_view what, uint64_t bytes_max) const;
  Result<ModelFile> model_file(JsonValue value) const;
  Result<BundleModel> model(JsonValue value, ArtifactKind kind) const;
  Status check_paths(const BundleModel& model) const;
  Result<std::vector<BundleModel>> models(JsonValue array, ArtifactKind kind) const;
  Result<std::vector<BundleModel>> models_of_all_kinds(JsonValue root) const;
  Result<BundleEntry> entry(JsonValue value) const;
  Status parse_part(JsonValue value, BundleEntry& entry) const;
  Result<std::vector<BundleEntry>> entries(JsonValue array) const;
  Result<std::vector<Digest>> blocks(JsonValue array, size_t expected) const;
  Status parse_lists(JsonValue root, BundleIndex& found) const;
  Result<BundleTransport> transport(const BundleIndex& found) const;
  Status check_layout(const BundleIndex& expected, const BundleIndex& found) const;

  std::string file_;
};

Result<Digest> IndexParser::digest(const JsonReader& reader, const std::string& where) const {
  PANNIER_ASSIGN(const std::string text, reader.string("digest"));
  auto parsed = digest_from_oci(text);
  if (!parsed.ok()) return with_context(std::move(parsed).error(), file_ + ": " + where);
  return parsed;
}

Result<BlobInfo> IndexParser::blob(JsonValue value, std::string_view what, uint64_t bytes_max) const {
  if (!value.is_object()) return corrupt_bundle(file_, fmt::format("\"{}\" is not an object", what));
  PANNIER_TRY(check_bundle_members(value, {"digest", "bytes"}, file_));
  const JsonReader reader(value, file_);
  BlobInfo info;
  PANNIER_ASSIGN(info.digest, digest(reader, std::string(what)));
  PANNIER_ASSIGN(info.bytes, reader.unsigned_integer("bytes", bytes_max));
  return info;
}

// None where the list is left out, as it is where it would be empty.
Result<std::vector<BlobInfo>> IndexParser::blobs(JsonValue array, std::string_view what,
                                                 uint64_t bytes_max) const {
  std::vector<BlobInfo> out;
  if (!array.exists()) return out;
  if (!array.is_array() || array.size() == 0) {
    return corrupt_bundle(file_, fmt::format("\"{}\" is no list that holds something", what));
  }
  out.reserve(array.size());
  for (const JsonValue element : array.elements()) {
    PANNIER_ASSIGN(const BlobInfo info, blob(element, what, bytes_max));
    if (!out.empty() && info.digest <= out.back().digest) {
      return corrupt_bundle(file_, fmt::format("\"{}\" is not sorted, or names a blob twice", what));
    }
    out.push_back(info);
  }
  return out;
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
  PANNIER_TRY(check_bundle_members(value, {"name", "manifest", "config", "signatures", "files"}, file_));
  const JsonReader reader(value, file_);
  BundleModel model;
  model.kind = kind;
  PANNIER_ASSIGN(model.name, reader.string("name"));
  if (const Status named = check_ref_name(model.name); !named.ok()) {
    return corrupt_bundle(file_, named.error().message);
  }
  PANNIER_ASSIGN(model.manifest, blob(value["manifest"], "manifest", limits::kManifestBytesMax));
  PANNIER_ASSIGN(model.config, blob(value["config"], "config", limits::kManifestBytesMax));
  PANNIER_ASSIGN(model.signatures, blobs(value["signatures"], "signatures", limits::kManifestBytesMax));
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
  const JsonReader reader(value, file_);
  BundleEntry entry;
  PANNIER_ASSIGN(entry.path, reader.string("path"));
  const auto encoding = value["encoding"].as_string();
  if (!encoding) return corrupt_bundle(file_, "an entry has no \"encoding\"");
  PANNIER_ASSIGN(entry.offset, reader.unsigned_integer("offset", limits::kBundleBytesMax));
  PANNIER_ASSIGN(entry.bytes, reader.unsigned_integer("bytes", limits::kBundleBytesMax));
  if (*encoding == "identity") {
    PANNIER_TRY(check_bundle_members(value, {"path", "offset", "bytes", "digest", "encoding"}, file_));
    PANNIER_ASSIGN(entry.digest, digest(reader, entry.path.substr(0, 200)));
    return entry;
  }
  entry.encoding = part_encoding_of_name(*encoding);
  if (!entry.encoding) {
    return newer_bundle(file_, fmt::format("entry \"{}\" has encoding \"{}\"", entry.path.substr(0, 200),
                                           encoding->substr(0, 80)));
  }
  PANNIER_TRY(parse_part(value, entry));
  return entry;
}

// What an entry says beyond path, offset, bytes and encoding where it is a part.
Status IndexParser::parse_part(JsonValue value, BundleEntry& entry) const {
  PANNIER_TRY(
      check_bundle_members(value, {"path", "offset", "bytes", "encoding", "decoded_bytes", "base"}, file_));
  const auto name = parse_bundle_part_path(entry.path);
  if (!name) {
    return corrupt_bundle(file_, fmt::format("\"{}\" is no path of a part", entry.path.substr(0, 200)));
  }
  entry.digest = name->blob;
  PANNIER_ASSIGN(entry.decoded_bytes, JsonReader(value, file_).unsigned_integer("decoded_bytes", kPartBytes));
  if (is_delta(*entry.encoding) != value["base"].exists()) {
    return corrupt_bundle(file_,
                          fmt::format("part \"{}\": {}", entry.path,
                                      value["base"] ? "a base without a delta" : "a delta without a base"));
  }
  if (!is_delta(*entry.encoding)) return {};
  auto base = digest_from_oci(value["base"].as_string().value_or(""));
  if (!base.ok()) return with_context(std::move(base).error(), fmt::format("{}: {}", file_, entry.path));
  entry.base = *base;
  return {};
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

// What only a bundle in layout "encoded" says; `padding` tells it from a plain one.
Status IndexParser::parse_lists(JsonValue root, BundleIndex& found) const {
  PANNIER_ASSIGN(found.held, blobs(root["held"], "held", limits::kBundleBytesMax));
  PANNIER_ASSIGN(found.bases, blobs(root["bases"], "bases", limits::kBundleBytesMax));
  if (!root["padding"]) return {};
  found.layout = BundleLayout::kEncoded;
  const auto padding = root["padding"].as_string();
  if (!padding || padding->find_first_not_of('0') != std::string_view::npos) {
    return corrupt_bundle(file_, "\"padding\" is not zeros alone");
  }
  found.padding = padding->size();
  return {};
}

// How the blobs cross, as the entries and lists say it. That it can be so is checked when it is laid out.
Result<BundleTransport> IndexParser::transport(const BundleIndex& found) const {
  BundleTransport transport;
  transport.layout = found.layout;
  for (const BlobInfo& blob : found.held) transport.held.insert(blob.digest);
  for (const BundleEntry& entry : found.entries) {
    if (!entry.is_part()) continue;
    EncodedBlob& blob = transport.encoded[entry.digest];
    if (entry.path != bundle_part_path(entry.digest, blob.parts.size())) {
      return corrupt_bundle(file_, fmt::format("\"{}\" is not the next part of its blob", entry.path));
    }
    blob.parts.push_back({*entry.encoding, entry.bytes, entry.decoded_bytes});
    if (!entry.base) continue;
    const auto base = std::lower_bound(found.bases.begin(), found.bases.end(), BlobInfo{*entry.base, 0});
    if (base == found.bases.end() || base->digest != *entry.base) {
      return corrupt_bundle(file_, fmt::format("\"{}\" builds on a blob that \"bases\" does not name: {}",
                                               entry.path, entry.base->hex()));
    }
    if (blob.base && blob.base->digest != *entry.base) {
      return corrupt_bundle(file_,
                            fmt::format("\"{}\" builds on another blob than the part before it", entry.path));
    }
    blob.base = *base;
  }
  return transport;
}

// What makes two entries equal in the index.
bool same_entry(const BundleEntry& a, const BundleEntry& b) {
  return a.path == b.path && a.offset == b.offset && a.bytes == b.bytes && a.digest == b.digest &&
         a.encoding == b.encoding && a.decoded_bytes == b.decoded_bytes && a.base == b.base;
}

// Entries follow from the models and how their files cross: whatever else is said (a gap, an overlap, a
// blob twice, one that nothing needs, one that is missing) differs here.
Status IndexParser::check_layout(const BundleIndex& expected, const BundleIndex& found) const {
  const size_t count = std::min(expected.entries.size(), found.entries.size());
  for (size_t i = 0; i < count; ++i) {
    const BundleEntry& want = expected.entries[i];
    const BundleEntry& got = found.entries[i];
    if (same_entry(want, got)) continue;
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
  PANNIER_TRY(check_bundle_members(root,
                                   {"version", "block_bytes", "data_bytes", "blocks", "entries", "models",
                                    "datasets", "wheelhouses", "held", "bases", "padding"},
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
  PANNIER_TRY(parse_lists(root, found));
  PANNIER_ASSIGN(const BundleTransport crossing, transport(found));

  // The image index is read when its bytes are; its size and digest are what the entry says.
  const BundleEntry& image_index = found.entries[1];
  if (image_index.bytes > limits::kGenerationBytesMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: index.json has {} bytes, at most {} are allowed", file_, image_index.bytes,
                             limits::kGenerationBytesMax),
                 ""};
  }
  auto expected = lay_out_bundle(std::move(found.models), {image_index.digest, image_index.bytes}, crossing);
  if (!expected.ok()) {
    if (expected.error().kind == ErrorKind::kLimit) return with_context(expected.error(), file_);
    return corrupt_bundle(file_, expected.error().message);
  }
  PANNIER_TRY(check_layout(*expected, found));
  PANNIER_ASSIGN(const JsonValue block_array, reader.array("blocks"));
  PANNIER_ASSIGN(expected->blocks, blocks(block_array, expected->blocks.size()));
  expected->padding = found.padding;
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

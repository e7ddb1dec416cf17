// Writes the one canonical form of manifests and image indexes, and reads what any OCI tool may write.
#include "format/oci.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <set>

#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"

namespace pannier {
namespace {

constexpr std::string_view kAnnotationFilePath = "org.cncf.model.filepath";
constexpr std::string_view kAnnotationFileMetadata = "org.cncf.model.file.metadata+json";
constexpr std::string_view kAnnotationTitle = "org.opencontainers.image.title";
constexpr std::string_view kAnnotationRefName = "org.opencontainers.image.ref.name";
constexpr std::string_view kAnnotationGeneration = "pannier.generation";
constexpr std::string_view kLayerPrefix = "application/vnd.cncf.model.";
constexpr std::string_view kLayerRawSuffix = ".v1.raw";
constexpr uint64_t kSchemaVersion = 2;
constexpr uint64_t kExecutableMode = 0755;
constexpr uint64_t kPermissionBits = 0777;
constexpr uint64_t kAnyExecuteBit = 0111;
// tar's own flag for a regular file, and the 0 that modctl writes for it.
constexpr uint64_t kTypeRegularTar = '0';
constexpr uint64_t kTypeRegularPlain = 0;
constexpr size_t kMediaTypeBytesMax = 255;
constexpr uint64_t kGenerationMax = 9'999'999'999;  // ten digits

// Outside text for messages: printable ASCII as it is, everything else as '?'.
std::string printable(std::string_view text) {
  std::string out(text.substr(0, limits::kRefNameBytesMax));
  for (char& c : out) {
    if (c < 0x20 || c >= 0x7f) c = '?';
  }
  return out;
}

Error corrupt(std::string_view what, const std::string& message) {
  return {ErrorKind::kCorrupt, std::string(what) + ": " + message, ""};
}

Error over_limit(std::string_view what, const std::string& thing, uint64_t found, uint64_t max) {
  return {ErrorKind::kLimit,
          std::string(what) + ": " + thing + " " + std::to_string(found) + " is above the limit of " +
              std::to_string(max),
          ""};
}

// ---- Roles ----

struct RoleRow {
  std::string_view suffix;
  FileRole role;
};
// The first suffix that fits decides; what fits none is configuration, as tokenizers' files are.
constexpr RoleRow kRoleBySuffix[] = {
    {".safetensors", FileRole::kWeight},
    {".bin", FileRole::kWeight},
    {".pt", FileRole::kWeight},
    {".pth", FileRole::kWeight},
    {".ckpt", FileRole::kWeight},
    {".gguf", FileRole::kWeight},
    {".onnx", FileRole::kWeight},
    {".onnx_data", FileRole::kWeight},
    {".h5", FileRole::kWeight},
    {".msgpack", FileRole::kWeight},
    {".ot", FileRole::kWeight},
    {".npz", FileRole::kWeight},
    {".npy", FileRole::kWeight},
    {".tflite", FileRole::kWeight},
    {".pb", FileRole::kWeight},
    {".md", FileRole::kDoc},
    {".rst", FileRole::kDoc},
    {".pdf", FileRole::kDoc},
    {".html", FileRole::kDoc},
    {".png", FileRole::kDoc},
    {".jpg", FileRole::kDoc},
    {".jpeg", FileRole::kDoc},
    {".gif", FileRole::kDoc},
    {".svg", FileRole::kDoc},
    {".py", FileRole::kCode},
    {".ipynb", FileRole::kCode},
    {".sh", FileRole::kCode},
    {".c", FileRole::kCode},
    {".cc", FileRole::kCode},
    {".cpp", FileRole::kCode},
    {".cu", FileRole::kCode},
    {".h", FileRole::kCode},
    {".js", FileRole::kCode},
    {".ts", FileRole::kCode},
    {".rs", FileRole::kCode},
    {".go", FileRole::kCode},
    {".java", FileRole::kCode},
    {".so", FileRole::kCode},
};
// Documents known by how their name begins, whatever they end in ("LICENSE.txt").
constexpr std::string_view kDocPrefixes[] = {"readme", "license", "licence",
                                             "notice", "copying", "changelog"};

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// ---- Writing ----

void write_descriptor(JsonWriter& json, std::string_view media_type, const Digest& digest, uint64_t bytes) {
  json.member("mediaType", media_type).member("digest", digest.oci()).member("size", bytes);
}

// The model-spec's FileMetadata for a file that is executable; nothing in it depends on the machine.
std::string executable_metadata(const ModelFile& file) {
  const size_t slash = file.path.rfind('/');
  JsonWriter json;
  json.begin_object()
      .member("name", std::string_view(file.path).substr(slash == std::string::npos ? 0 : slash + 1))
      .member("mode", kExecutableMode)
      .member("uid", uint64_t{0})
      .member("gid", uint64_t{0})
      .member("size", file.bytes)
      .member("mtime", "1970-01-01T00:00:00Z")
      .member("typeflag", kTypeRegularPlain)
      .end_object();
  return json.take();
}

void write_layer(JsonWriter& json, const ModelFile& file) {
  json.begin_object();
  write_descriptor(json, media_type_of_role(file_role_of_path(file.path)), file.digest, file.bytes);
  json.key("annotations").begin_object().member(kAnnotationFilePath, file.path);
  if (file.executable) json.member(kAnnotationFileMetadata, executable_metadata(file));
  json.end_object().end_object();
}

std::string write_config(const ModelManifest& model) {
  JsonWriter json;
  json.begin_object();
  json.key("descriptor").begin_object();
  if (!model.name.empty()) json.member("name", model.name);  // the schema wants none rather than ""
  json.end_object();
  json.key("config").begin_object().end_object();
  json.key("modelfs").begin_object().member("type", "layers").key("diffIds").begin_array();
  for (const ModelFile& file : model.files) json.string(file.digest.oci());
  json.end_array().end_object().end_object();
  return json.take();
}

bool sorted_by_path(const std::vector<ModelFile>& files) {
  return std::is_sorted(files.begin(), files.end(),
                        [](const ModelFile& a, const ModelFile& b) { return a.path < b.path; });
}

// ---- Reading ----

// The document's root, once it is an object of schema 2 and of the media type it should have.
Status check_envelope(JsonValue root, std::string_view media_type, std::string_view what) {
  if (!root.is_object()) return corrupt(what, "the JSON is not an object");
  PANNIER_ASSIGN(const uint64_t version,
                 JsonReader(root, what).unsigned_integer("schemaVersion", UINT32_MAX));
  if (version != kSchemaVersion) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": schemaVersion " + std::to_string(version) + " (2 is read)", ""};
  }
  // image-spec: mediaType SHOULD be there, and then it must match.
  if (!root["mediaType"]) return {};
  PANNIER_ASSIGN(const std::string found, JsonReader(root, what).string("mediaType"));
  if (found != media_type) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": mediaType is \"" + printable(found) + "\", wanted \"" +
                     std::string(media_type) + "\"",
                 ""};
  }
  return {};
}

// image-spec: a map of strings to strings. Unknown keys are nobody's error.
Status check_annotations(JsonValue object, std::string_view what) {
  const JsonValue annotations = object["annotations"];
  if (!annotations) return {};
  if (!annotations.is_object()) return corrupt(what, "annotations is not an object");
  for (const auto [key, value] : annotations.members()) {
    if (!value.is_string()) return corrupt(what, "annotation \"" + printable(key) + "\" is not a string");
  }
  return {};
}

struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t bytes = 0;
};

Result<Descriptor> parse_descriptor(JsonValue value, uint64_t bytes_max, std::string_view what) {
  if (!value.is_object()) return corrupt(what, "a descriptor is not an object");
  const JsonReader reader(value, what);
  Descriptor descriptor;
  PANNIER_ASSIGN(descriptor.media_type, reader.string("mediaType"));
  if (descriptor.media_type.empty() || descriptor.media_type.size() > kMediaTypeBytesMax) {
    return corrupt(what, "a mediaType of " + std::to_string(descriptor.media_type.size()) + " bytes");
  }
  PANNIER_ASSIGN(const std::string digest, reader.string("digest"));
  auto parsed = digest_from_oci(digest);
  if (!parsed.ok()) return with_context(std::move(parsed).error(), std::string(what));
  descriptor.digest = *parsed;
  PANNIER_ASSIGN(descriptor.bytes, reader.unsigned_integer("size", INT64_MAX));
  if (descriptor.bytes > bytes_max) return over_limit(what, "size", descriptor.bytes, bytes_max);
  return descriptor;
}

// Whether the file is executable, from the metadata that the annotation carries. Only its mode is
// taken; a file that claims to be a link, a folder or a device is refused.
Result<bool> parse_file_metadata(const std::string& text, uint64_t bytes, const std::string& what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse(text, what));
  if (!document.root().is_object()) return corrupt(what, "the JSON is not an object");
  const JsonReader reader(document.root(), what);
  PANNIER_ASSIGN(const uint64_t mode, reader.unsigned_integer("mode", UINT32_MAX));
  if (mode > kPermissionBits) {
    return Error{
        ErrorKind::kUnsupported,
        what + ": mode " + std::to_string(mode) + " has more than permission bits (set-uid, a kind of file)",
        "only regular files with plain permissions can be carried"};
  }
  if (document.root()["typeflag"]) {
    PANNIER_ASSIGN(const uint64_t type, reader.unsigned_integer("typeflag", UINT8_MAX));
    if (type != kTypeRegularPlain && type != kTypeRegularTar) {
      return Error{ErrorKind::kUnsupported,
                   what + ": typeflag " + std::to_string(type) + " is not a regular file",
                   "only regular files can be carried; replace links by what they point to"};
    }
  }
  if (document.root()["size"]) {
    PANNIER_ASSIGN(const uint64_t size, reader.unsigned_integer("size", INT64_MAX));
    if (size != bytes) {
      return corrupt(
          what, "size " + std::to_string(size) + " contradicts the descriptor's " + std::to_string(bytes));
    }
  }
  return (mode & kAnyExecuteBit) != 0;
}

Result<ModelFile> parse_layer(JsonValue layer, const std::string& what) {
  PANNIER_ASSIGN(const Descriptor descriptor, parse_descriptor(layer, limits::kBundleBytesMax, what));
  const bool is_raw =
      descriptor.media_type.starts_with(kLayerPrefix) && descriptor.media_type.ends_with(kLayerRawSuffix);
  if (!is_raw) {
    return Error{ErrorKind::kUnsupported,
                 what + ": a layer of media type \"" + printable(descriptor.media_type) + "\"",
                 "only raw layers, one a file, are read; repack the model with pannier pack"};
  }
  PANNIER_TRY(check_annotations(layer, what));
  const JsonValue annotations = layer["annotations"];
  if (!annotations) return corrupt(what, "a layer without annotations has no file path");
  const JsonReader reader(annotations, what);
  PANNIER_ASSIGN(const std::string path_text, reader.string(kAnnotationFilePath));
  auto path = SafePath::parse(path_text);
  if (!path.ok()) return corrupt(what, path.error().message);

  ModelFile file;
  file.path = path->text();
  file.bytes = descriptor.bytes;
  file.digest = descriptor.digest;
  if (annotations[kAnnotationFileMetadata]) {
    PANNIER_ASSIGN(const std::string metadata, reader.string(kAnnotationFileMetadata));
    PANNIER_ASSIGN(file.executable,
                   parse_file_metadata(metadata, file.bytes, what + ": file metadata of " + file.path));
  }
  return file;
}

// What only all files together can violate: collisions, totals, one digest with two sizes.
Status check_files(const std::vector<ModelFile>& files, std::string_view what) {
  SafePathSet paths;
  std::map<Digest, uint64_t> bytes_by_digest;
  uint64_t total_bytes = 0;
  for (const ModelFile& file : files) {
    PANNIER_ASSIGN(const SafePath path, SafePath::parse(file.path));
    if (Status status = paths.add(path); !status.ok()) return corrupt(what, status.error().message);
    const auto [known, is_new] = bytes_by_digest.emplace(file.digest, file.bytes);
    if (!is_new && known->second != file.bytes) {
      return corrupt(what, file.digest.oci() + " has two sizes, " + std::to_string(known->second) + " and " +
                               std::to_string(file.bytes));
    }
    total_bytes += file.bytes;  // cannot wrap: checked against 2^50 at each step
    if (total_bytes > limits::kBundleBytesMax) {
      return over_limit(what, "the total size", total_bytes, limits::kBundleBytesMax);
    }
  }
  return {};
}

// The title, when there is one that may be shown; foreign manifests need none.
Result<std::string> parse_title(JsonValue root, std::string_view what) {
  const JsonValue annotations = root["annotations"];
  if (!annotations || !annotations[kAnnotationTitle]) return std::string();
  PANNIER_ASSIGN(std::string title, JsonReader(annotations, what).string(kAnnotationTitle));
  if (title.size() > limits::kRefNameBytesMax) {
    return over_limit(what, "the title's length", title.size(), limits::kRefNameBytesMax);
  }
  // It is shown to people: nothing in it may move a terminal's cursor.
  const bool has_control =
      std::any_of(title.begin(), title.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (has_control) return corrupt(what, "the title holds control characters");
  return title;
}

Result<uint64_t> parse_generation(JsonValue root, std::string_view what) {
  const JsonValue annotations = root["annotations"];
  if (!annotations || !annotations[kAnnotationGeneration]) return uint64_t{0};
  PANNIER_ASSIGN(const std::string text, JsonReader(annotations, what).string(kAnnotationGeneration));
  const bool is_number = !text.empty() && text.size() <= 10 && text[0] != '0' &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) {
    return corrupt(what, "annotation " + std::string(kAnnotationGeneration) + " is not a number from 1 to " +
                             std::to_string(kGenerationMax));
  }
  return static_cast<uint64_t>(std::stoull(text));
}

Result<Reference> parse_reference(JsonValue entry, const std::string& what) {
  PANNIER_ASSIGN(const Descriptor descriptor, parse_descriptor(entry, limits::kManifestBytesMax, what));
  if (descriptor.media_type != kMediaTypeOciManifest) {
    return Error{ErrorKind::kUnsupported,
                 what + ": an entry of media type \"" + printable(descriptor.media_type) + "\"", ""};
  }
  if (descriptor.bytes == 0) return corrupt(what, "a manifest of 0 bytes");
  PANNIER_TRY(check_annotations(entry, what));
  Reference reference;
  reference.manifest_digest = descriptor.digest;
  reference.manifest_bytes = descriptor.bytes;
  reference.artifact_type.clear();
  if (entry["artifactType"]) {
    PANNIER_ASSIGN(reference.artifact_type, JsonReader(entry, what).string("artifactType"));
    if (reference.artifact_type.empty() || reference.artifact_type.size() > kMediaTypeBytesMax) {
      return corrupt(what, "an artifactType of " + std::to_string(reference.artifact_type.size()) + " bytes");
    }
  }
  if (!entry["annotations"])
    return corrupt(what, "an entry without a name (org.opencontainers.image.ref.name)");
  PANNIER_ASSIGN(reference.name, JsonReader(entry["annotations"], what).string(kAnnotationRefName));
  if (Status status = check_ref_name(reference.name); !status.ok())
    return corrupt(what, status.error().message);
  return reference;
}

bool is_ref_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

// Why one side of the '@' is no name, or an empty string.
std::string fault_of_ref_part(std::string_view part) {
  size_t start = 0;
  while (start <= part.size()) {
    const size_t end = std::min(part.find('/', start), part.size());
    const std::string_view component = part.substr(start, end - start);
    if (component.empty()) return "it has an empty component";
    if (component == "." || component == "..")
      return "\"" + std::string(component) + "\" is no component of a name";
    if (!std::all_of(component.begin(), component.end(), is_ref_character)) {
      return "only letters, digits, '.', '_', '-', '/' and one '@' are allowed";
    }
    start = end + 1;
  }
  return "";
}

}  // namespace

FileRole file_role_of_path(std::string_view path) {
  const size_t slash = path.rfind('/');
  const std::string name = lower_ascii(slash == std::string_view::npos ? path : path.substr(slash + 1));
  for (const std::string_view prefix : kDocPrefixes) {
    if (name.starts_with(prefix)) return FileRole::kDoc;
  }
  for (const RoleRow& row : kRoleBySuffix) {
    if (name.ends_with(row.suffix)) return row.role;
  }
  return FileRole::kWeightConfig;
}

std::string_view media_type_of_role(FileRole role) {
  switch (role) {
    case FileRole::kWeight:
      return "application/vnd.cncf.model.weight.v1.raw";
    case FileRole::kWeightConfig:
      return "application/vnd.cncf.model.weight.config.v1.raw";
    case FileRole::kDoc:
      return "application/vnd.cncf.model.doc.v1.raw";
    case FileRole::kCode:
      return "application/vnd.cncf.model.code.v1.raw";
  }
  assert(false && "every role has a row");
  return "";
}

ManifestBlobs write_model_manifest(const ModelManifest& model) {
  assert(!model.files.empty() && sorted_by_path(model.files));
  ManifestBlobs blobs;
  blobs.config = write_config(model);

  JsonWriter json;
  json.begin_object()
      .member("schemaVersion", kSchemaVersion)
      .member("mediaType", kMediaTypeOciManifest)
      .member("artifactType", kArtifactTypeModel);
  json.key("config").begin_object();
  write_descriptor(json, kMediaTypeModelConfig, sha256(blobs.config), blobs.config.size());
  json.end_object();
  json.key("layers").begin_array();
  for (const ModelFile& file : model.files) write_layer(json, file);
  json.end_array();
  if (!model.name.empty()) {
    json.key("annotations").begin_object().member(kAnnotationTitle, model.name).end_object();
  }
  json.end_object();
  blobs.manifest = json.take();
  return blobs;
}

Result<ParsedManifest> parse_model_manifest(std::string_view json, std::string_view what) {
  if (json.size() > limits::kManifestBytesMax) {
    return over_limit(what, "the manifest's size", json.size(), limits::kManifestBytesMax);
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  PANNIER_TRY(check_envelope(root, kMediaTypeOciManifest, what));
  PANNIER_TRY(check_annotations(root, what));
  const JsonReader reader(root, what);
  PANNIER_ASSIGN(const std::string artifact_type, reader.string("artifactType"));
  if (artifact_type != kArtifactTypeModel) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": an artifact of type \"" + printable(artifact_type) + "\"",
                 "this version reads models (" + std::string(kArtifactTypeModel) + ")"};
  }

  ParsedManifest parsed;
  PANNIER_ASSIGN(const Descriptor config,
                 parse_descriptor(root["config"], limits::kManifestBytesMax, std::string(what) + ": config"));
  if (config.media_type != kMediaTypeModelConfig) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": a config of media type \"" + printable(config.media_type) + "\"", ""};
  }
  parsed.config_digest = config.digest;
  parsed.config_bytes = config.bytes;
  PANNIER_ASSIGN(parsed.model.name, parse_title(root, what));

  PANNIER_ASSIGN(const JsonValue layers, reader.array("layers"));
  if (layers.size() == 0) return corrupt(what, "a model without files");
  if (layers.size() > limits::kFilesPerModelMax) {
    return over_limit(what, "the number of files", layers.size(), limits::kFilesPerModelMax);
  }
  std::vector<ModelFile>& files = parsed.model.files;
  files.reserve(layers.size());
  for (const JsonValue layer : layers.elements()) {
    PANNIER_ASSIGN(ModelFile file,
                   parse_layer(layer, std::string(what) + ": layer " + std::to_string(files.size())));
    files.push_back(std::move(file));
  }
  PANNIER_TRY(check_files(files, what));
  std::sort(files.begin(), files.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.path < b.path; });
  return parsed;
}

std::string write_image_index(const ImageIndex& index) {
  assert(index.generation <= kGenerationMax);
  JsonWriter json;
  json.begin_object().member("schemaVersion", kSchemaVersion).member("mediaType", kMediaTypeOciIndex);
  json.key("manifests").begin_array();
  for (const Reference& reference : index.references) {
    json.begin_object();
    write_descriptor(json, kMediaTypeOciManifest, reference.manifest_digest, reference.manifest_bytes);
    if (!reference.artifact_type.empty()) json.member("artifactType", reference.artifact_type);
    json.key("annotations").begin_object().member(kAnnotationRefName, reference.name).end_object();
    json.end_object();
  }
  json.end_array();
  if (index.generation != 0) {
    json.key("annotations")
        .begin_object()
        .member(kAnnotationGeneration, std::to_string(index.generation))
        .end_object();
  }
  json.end_object();
  return json.take();
}

Result<ImageIndex> parse_image_index(std::string_view json, std::string_view what) {
  if (json.size() > limits::kGenerationBytesMax) {
    return over_limit(what, "the index's size", json.size(), limits::kGenerationBytesMax);
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  PANNIER_TRY(check_envelope(root, kMediaTypeOciIndex, what));
  PANNIER_TRY(check_annotations(root, what));

  ImageIndex index;
  PANNIER_ASSIGN(index.generation, parse_generation(root, what));
  PANNIER_ASSIGN(const JsonValue manifests, JsonReader(root, what).array("manifests"));
  if (manifests.size() > limits::kModelsPerBundleMax) {
    return over_limit(what, "the number of references", manifests.size(), limits::kModelsPerBundleMax);
  }
  index.references.reserve(manifests.size());
  for (const JsonValue entry : manifests.elements()) {
    const std::string where = std::string(what) + ": entry " + std::to_string(index.references.size());
    PANNIER_ASSIGN(Reference reference, parse_reference(entry, where));
    index.references.push_back(std::move(reference));
  }
  std::sort(index.references.begin(), index.references.end(),
            [](const Reference& a, const Reference& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(index.references.begin(), index.references.end(),
                         [](const Reference& a, const Reference& b) { return a.name == b.name; });
  if (twice != index.references.end()) return corrupt(what, "the name \"" + twice->name + "\" appears twice");
  return index;
}

Status check_ref_name(std::string_view name) {
  const auto refuse = [&](const std::string& reason) {
    return Error{ErrorKind::kInvalid, "\"" + printable(name) + "\" cannot name a model: " + reason,
                 "names look like my-model, org/my-model or org/my-model@revision"};
  };
  if (name.empty()) return refuse("it is empty");
  if (name.size() > limits::kRefNameBytesMax) {
    return refuse("it has " + std::to_string(name.size()) + " bytes, at most " +
                  std::to_string(limits::kRefNameBytesMax) + " are allowed");
  }
  if (name[0] == '-') return refuse("it begins with '-', as options do");
  const size_t at = name.find('@');
  if (at != std::string_view::npos && name.find('@', at + 1) != std::string_view::npos) {
    return refuse("it has more than one '@'");
  }
  std::string fault = fault_of_ref_part(name.substr(0, at));
  if (fault.empty() && at != std::string_view::npos) fault = fault_of_ref_part(name.substr(at + 1));
  if (!fault.empty()) return refuse(fault);
  return {};
}

}  // namespace pannier

// Writes the one canonical form of a model manifest, and reads what any OCI tool may write.
#include "format/oci.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "format/oci_descriptor.h"
#include "format/oci_facts.h"

namespace pannier {
namespace {

using oci::check_annotations;
using oci::check_envelope;
using oci::corrupt;
using oci::Descriptor;
using oci::over_limit;
using oci::parse_descriptor;
using oci::write_descriptor;

constexpr std::string_view kAnnotationFilePath = "org.cncf.model.filepath";
constexpr std::string_view kAnnotationFileMetadata = "org.cncf.model.file.metadata+json";
constexpr std::string_view kModelLayerPrefix = "application/vnd.cncf.model.";
constexpr std::string_view kWheelhouseLayerPrefix = "application/vnd.pannier.wheelhouse.";
constexpr std::string_view kLayerRawSuffix = ".v1.raw";
constexpr std::string_view kMediaTypeDatasetLayer = "application/vnd.cncf.model.dataset.v1.raw";
constexpr std::string_view kMediaTypeWheelhouseLayer = "application/vnd.pannier.wheelhouse.file.v1.raw";
constexpr std::string_view kEmptyConfig = "{}";
constexpr uint64_t kExecutableMode = 0755;
constexpr uint64_t kPermissionBits = 0777;
constexpr uint64_t kAnyExecuteBit = 0111;
// tar's own flag for a regular file, and the 0 that modctl writes for it.
constexpr uint64_t kTypeRegularTar = '0';
constexpr uint64_t kTypeRegularPlain = 0;

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

// ---- Kinds ----

struct KindRow {
  ArtifactKind kind;
  std::string_view name;
  std::string_view artifact_type;
  std::string_view config_media_type;
  std::string_view layer_prefix;  // of the layers that are read
};
constexpr KindRow kKinds[] = {
    {ArtifactKind::kModel, "model", kArtifactTypeModel, kMediaTypeModelConfig, kModelLayerPrefix},
    {ArtifactKind::kDataset, "dataset", kArtifactTypeDataset, kMediaTypeEmptyConfig, kModelLayerPrefix},
    {ArtifactKind::kWheelhouse, "wheelhouse", kArtifactTypeWheelhouse, kMediaTypeEmptyConfig,
     kWheelhouseLayerPrefix},
};

const KindRow& row_of(ArtifactKind kind) {
  for (const KindRow& row : kKinds) {
    if (row.kind == kind) return row;
  }
  assert(false && "every kind has a row");
  return kKinds[0];
}

std::string_view layer_media_type(ArtifactKind kind, std::string_view path) {
  if (kind == ArtifactKind::kWheelhouse) return kMediaTypeWheelhouseLayer;
  const FileRole role = file_role_of_path(path);
  const bool is_data = role == FileRole::kWeight || role == FileRole::kWeightConfig;
  return kind == ArtifactKind::kDataset && is_data ? kMediaTypeDatasetLayer : media_type_of_role(role);
}

// ---- Writing ----

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

void write_layer(JsonWriter& json, ArtifactKind kind, const ModelFile& file) {
  json.begin_object();
  write_descriptor(json, layer_media_type(kind, file.path), file.digest, file.bytes);
  json.key("annotations").begin_object().member(kAnnotationFilePath, file.path);
  if (file.executable) json.member(kAnnotationFileMetadata, executable_metadata(file));
  if (!file.upstream_id.empty()) json.member(oci::kAnnotationUpstreamId, file.upstream_id);
  json.end_object().end_object();
}

std::string write_config(const ModelManifest& model) {
  if (model.kind != ArtifactKind::kModel) return std::string(kEmptyConfig);
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

// The part of a layer's annotations that says more than its path.
Status parse_layer_facts(JsonValue annotations, const std::string& what, ModelFile& file) {
  const JsonReader reader(annotations, what);
  if (annotations[kAnnotationFileMetadata]) {
    PANNIER_ASSIGN(const std::string metadata, reader.string(kAnnotationFileMetadata));
    PANNIER_ASSIGN(file.executable,
                   parse_file_metadata(metadata, file.bytes, what + ": file metadata of " + file.path));
  }
  if (annotations[oci::kAnnotationUpstreamId]) {
    PANNIER_ASSIGN(file.upstream_id, reader.string(oci::kAnnotationUpstreamId));
    const Status checked = oci::check_upstream_id(file.upstream_id, file.digest);
    if (!checked.ok()) return corrupt(what, file.path + ": " + checked.error().message);
  }
  return {};
}

Result<ModelFile> parse_layer(JsonValue layer, const KindRow& kind, const std::string& what) {
  PANNIER_ASSIGN(const Descriptor descriptor, parse_descriptor(layer, limits::kBundleBytesMax, what));
  const bool is_raw = descriptor.media_type.starts_with(kind.layer_prefix) &&
                      descriptor.media_type.ends_with(kLayerRawSuffix);
  if (!is_raw) {
    return Error{ErrorKind::kUnsupported,
                 what + ": a layer of media type \"" + for_message(descriptor.media_type) + "\"",
                 "only raw layers, one a file, are read; repack the model with pannier pack"};
  }
  PANNIER_TRY(check_annotations(layer, what));
  const JsonValue annotations = layer["annotations"];
  if (!annotations) return corrupt(what, "a layer without annotations has no file path");
  const JsonReader reader(annotations, what);
  PANNIER_ASSIGN(const std::string path_text, reader.string(kAnnotationFilePath));
  auto path = SafePath::parse(path_text);
  if (!path.ok()) return corrupt(what, path.error().message);
  if (const Status fits = oci::check_path_of_kind(kind.kind, path_text); !fits.ok()) {
    return corrupt(what, fits.error().message);
  }

  ModelFile file;
  file.path = path->text();
  file.bytes = descriptor.bytes;
  file.digest = descriptor.digest;
  PANNIER_TRY(parse_layer_facts(annotations, what, file));
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

// Config descriptor, of the media type that the kind asks for.
Result<Descriptor> parse_config(JsonValue root, const KindRow& kind, std::string_view what) {
  PANNIER_ASSIGN(Descriptor config,
                 parse_descriptor(root["config"], limits::kManifestBytesMax, std::string(what) + ": config"));
  if (config.media_type == kind.config_media_type) return config;
  return Error{ErrorKind::kUnsupported,
               std::string(what) + ": a config of media type \"" + for_message(config.media_type) + "\"", ""};
}

Result<ArtifactKind> parse_kind(const JsonReader& reader, std::string_view what) {
  PANNIER_ASSIGN(const std::string artifact_type, reader.string("artifactType"));
  if (const auto kind = kind_of_artifact_type(artifact_type)) return *kind;
  return Error{ErrorKind::kUnsupported,
               std::string(what) + ": an artifact of type \"" + for_message(artifact_type) + "\"",
               "this version reads models (" + std::string(kArtifactTypeModel) +
                   "), data sets and wheelhouses of Pannier"};
}

Result<std::vector<ModelFile>> parse_layers(const JsonReader& reader, const KindRow& kind,
                                            std::string_view what) {
  PANNIER_ASSIGN(const JsonValue layers, reader.array("layers"));
  if (layers.size() == 0) return corrupt(what, "a " + std::string(kind.name) + " without files");
  if (layers.size() > limits::kFilesPerModelMax) {
    return over_limit(what, "the number of files", layers.size(), limits::kFilesPerModelMax);
  }
  std::vector<ModelFile> files;
  files.reserve(layers.size());
  for (const JsonValue layer : layers.elements()) {
    PANNIER_ASSIGN(ModelFile file,
                   parse_layer(layer, kind, std::string(what) + ": layer " + std::to_string(files.size())));
    files.push_back(std::move(file));
  }
  PANNIER_TRY(check_files(files, what));
  std::sort(files.begin(), files.end(),
            [](const ModelFile& a, const ModelFile& b) { return a.path < b.path; });
  return files;
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

uint64_t total_bytes(const std::vector<ModelFile>& files) {
  uint64_t bytes = 0;
  for (const ModelFile& file : files) bytes += file.bytes;
  return bytes;
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

std::string_view artifact_type_of_kind(ArtifactKind kind) { return row_of(kind).artifact_type; }

std::string_view artifact_kind_name(ArtifactKind kind) { return row_of(kind).name; }

std::optional<ArtifactKind> kind_of_artifact_type(std::string_view artifact_type) {
  for (const KindRow& row : kKinds) {
    if (row.artifact_type == artifact_type) return row.kind;
  }
  return std::nullopt;
}

ManifestBlobs write_model_manifest(const ModelManifest& model) {
  assert(!model.files.empty() && sorted_by_path(model.files));
  const KindRow& kind = row_of(model.kind);
  ManifestBlobs blobs;
  blobs.config = write_config(model);

  JsonWriter json;
  json.begin_object()
      .member("schemaVersion", oci::kSchemaVersion)
      .member("mediaType", kMediaTypeOciManifest)
      .member("artifactType", kind.artifact_type);
  json.key("config").begin_object();
  write_descriptor(json, kind.config_media_type, sha256(blobs.config), blobs.config.size());
  json.end_object();
  json.key("layers").begin_array();
  for (const ModelFile& file : model.files) write_layer(json, model.kind, file);
  json.end_array();
  oci::write_manifest_annotations(json, model);
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
  ParsedManifest parsed;
  PANNIER_ASSIGN(parsed.model.kind, parse_kind(reader, what));
  const KindRow& kind = row_of(parsed.model.kind);
  PANNIER_ASSIGN(const Descriptor config, parse_config(root, kind, what));
  parsed.config_digest = config.digest;
  parsed.config_bytes = config.bytes;
  PANNIER_TRY(oci::read_manifest_annotations(root["annotations"], what, parsed.model));
  PANNIER_ASSIGN(parsed.model.files, parse_layers(reader, kind, what));
  return parsed;
}

}  // namespace pannier

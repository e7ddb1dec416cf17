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
constexpr std::string_view kAnnotationTitle = "org.opencontainers.image.title";
constexpr std::string_view kLayerPrefix = "application/vnd.cncf.model.";
constexpr std::string_view kLayerRawSuffix = ".v1.raw";
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

ManifestBlobs write_model_manifest(const ModelManifest& model) {
  assert(!model.files.empty() && sorted_by_path(model.files));
  ManifestBlobs blobs;
  blobs.config = write_config(model);

  JsonWriter json;
  json.begin_object()
      .member("schemaVersion", oci::kSchemaVersion)
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
                 std::string(what) + ": an artifact of type \"" + for_message(artifact_type) + "\"",
                 "this version reads models (" + std::string(kArtifactTypeModel) + ")"};
  }

  ParsedManifest parsed;
  PANNIER_ASSIGN(const Descriptor config,
                 parse_descriptor(root["config"], limits::kManifestBytesMax, std::string(what) + ": config"));
  if (config.media_type != kMediaTypeModelConfig) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": a config of media type \"" + for_message(config.media_type) + "\"",
                 ""};
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

}  // namespace pannier

// What a manifest names, whatever it describes.
#include <string>

#include "base/json.h"
#include "base/limits.h"
#include "format/oci.h"
#include "format/oci_descriptor.h"

namespace pannier {

Result<std::vector<Digest>> blobs_of_manifest(std::string_view json, std::string_view what) {
  if (json.size() > limits::kManifestBytesMax) {
    return oci::over_limit(what, "the manifest's size", json.size(), limits::kManifestBytesMax);
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  PANNIER_TRY(oci::check_envelope(root, kMediaTypeOciManifest, what));
  PANNIER_ASSIGN(const JsonValue layers, JsonReader(root, what).array("layers"));
  if (layers.size() > limits::kFilesPerModelMax) {
    return oci::over_limit(what, "the number of layers", layers.size(), limits::kFilesPerModelMax);
  }
  std::vector<Digest> digests;
  digests.reserve(layers.size() + 1);
  PANNIER_ASSIGN(const oci::Descriptor config,
                 oci::parse_descriptor(root["config"], limits::kBundleBytesMax, what));
  digests.push_back(config.digest);
  for (const JsonValue layer : layers.elements()) {
    PANNIER_ASSIGN(const oci::Descriptor file, oci::parse_descriptor(layer, limits::kBundleBytesMax, what));
    digests.push_back(file.digest);
  }
  return digests;
}

}  // namespace pannier

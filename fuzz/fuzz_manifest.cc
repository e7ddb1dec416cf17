// Any bytes as a model manifest; what is accepted is safe to write to a disk, and survives being
// written by us and read again.
#include <cstdlib>

#include "base/safe_path.h"
#include "format/oci.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = pannier::parse_model_manifest(text, "fuzz");
  if (!parsed.ok()) return 0;
  const pannier::ModelManifest& model = parsed->model;
  if (model.files.empty()) std::abort();
  pannier::SafePathSet paths;
  for (const pannier::ModelFile& file : model.files) {
    const auto path = pannier::SafePath::parse(file.path);
    if (!path.ok() || !paths.add(*path).ok()) std::abort();
  }
  const pannier::ManifestBlobs blobs = pannier::write_model_manifest(model);
  const auto again = pannier::parse_model_manifest(blobs.manifest, "again");
  if (!pannier::check_manifest_facts(model).ok()) std::abort();
  if (!again.ok() || again->model.files != model.files || again->model.name != model.name) std::abort();
  if (again->model.kind != model.kind || again->model.upstream != model.upstream) std::abort();
  if (again->model.wheelhouse != model.wheelhouse) std::abort();
  if (again->config_digest != pannier::sha256(blobs.config)) std::abort();
  return 0;
}

#include "carry/isolated/export_ref.h"

namespace pannier {

Result<ExportResult> export_ref(FileSystem& fs, const Store& store, const std::string& name,
                                const ExportOptions& options) {
  PANNIER_ASSIGN(const Reference reference, store.find(name));
  PANNIER_ASSIGN(const ModelManifest model, store.manifest(reference));
  std::vector<PlannedFile> files;
  for (const ModelFile& file : model.files) {
    files.push_back({file, store.blob_path(file.digest)});
    files.back().file.upstream_id.clear();  // plain files are checked by the digest that we vouch for
  }
  return export_folder(fs, reference.name, files, options);
}

}  // namespace pannier

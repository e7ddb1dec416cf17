#include "carry/isolated/re_export.h"

#include <fmt/core.h>

#include <algorithm>

#include "carry/isolated/export_folder.h"
#include "carry/isolated/export_hf_cache.h"
#include "carry/isolated/export_wheelhouse.h"
#include "format/model_signature.h"

namespace pannier {
namespace {

// The files that the place was given last time; none where the store no longer knows.
std::set<std::string> earlier_paths(FileSystem& fs, const Store& store, const ExportRecord& record) {
  std::set<std::string> paths;
  for (const ExportedReference& exported : record.references) {
    const auto stat = fs.stat(store.blob_path(exported.manifest));
    if (!stat.ok()) continue;
    Reference reference;
    reference.name = exported.name;
    reference.manifest_digest = exported.manifest;
    reference.manifest_bytes = stat->bytes;
    reference.artifact_type.clear();
    const auto manifest = store.manifest(reference);
    if (!manifest.ok()) continue;
    for (const ModelFile& file : manifest->files) paths.insert(file.path);
  }
  paths.insert(std::string(kModelSignatureName));
  return paths;
}

Status run_export(FileSystem& fs, const Store& store, const ExportRecord& record,
                  const std::vector<Reference>& references, const Transfer& transfer) {
  const ExportOptions options{record.folder, true, transfer, record.link, earlier_paths(fs, store, record)};
  switch (record.kind) {
    case ExportKind::kLocalDir: {
      const auto exported = export_ref(fs, store, references.front().name, options);
      return exported.ok() ? Status() : Status(exported.error());
    }
    case ExportKind::kHfCache: {
      std::vector<HfCacheSource> sources;
      sources.reserve(references.size());
      for (const Reference& reference : references) sources.push_back({&store, reference});
      const auto exported =
          export_hf_cache(fs, sources, {record.folder, record.symlinks, true, transfer, record.link});
      return exported.ok() ? Status() : Status(exported.error());
    }
    case ExportKind::kWheelhouse: {
      std::vector<WheelhouseSource> sources;
      sources.reserve(references.size());
      for (const Reference& reference : references) sources.push_back({&store, reference});
      const auto exported = export_wheelhouses(fs, sources, options);
      return exported.ok() ? Status() : Status(exported.error());
    }
  }
  return {};
}

}  // namespace

Status export_again(FileSystem& fs, const Environment& environment, const Store& store,
                    const StaleExport& stale, const Transfer& transfer) {
  if (stale.is_gone) return forget_export_record(fs, environment, stale.record);
  ExportRecord record = stale.record;
  record.references.clear();
  std::vector<Reference> references;
  for (const ExportedReference& exported : stale.record.references) {
    if (std::find(stale.removed.begin(), stale.removed.end(), exported.name) != stale.removed.end()) continue;
    PANNIER_ASSIGN(Reference reference, store.find(exported.name));
    record.references.push_back({reference.name, reference.manifest_digest});
    references.push_back(std::move(reference));
  }
  if (references.empty()) {
    return Error{ErrorKind::kNotFound,
                 fmt::format("the store no longer has {}: {} stays as it is",
                             stale.removed.empty() ? "it" : stale.removed.front(), record.folder),
                 "remove that folder where nobody uses it"};
  }
  PANNIER_TRY(run_export(fs, store, stale.record, references, transfer));
  // Names that are gone are no longer to be asked for.
  PANNIER_TRY(forget_export_record(fs, environment, stale.record));
  return keep_export_record(fs, environment, record);
}

}  // namespace pannier

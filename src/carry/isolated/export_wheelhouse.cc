#include "carry/isolated/export_wheelhouse.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/safe_path.h"
#include "carry/isolated/wheelhouse.h"

namespace pannier {
namespace {

constexpr std::string_view kNamePrefix = "wheels/";

// "wheels/TARGET" is "TARGET"; what else stands in a ref name becomes part of a file name.
std::string label_of(std::string_view name) {
  if (name.starts_with(kNamePrefix)) name.remove_prefix(kNamePrefix.size());
  std::string label(name);
  std::replace(label.begin(), label.end(), '/', '-');
  std::replace(label.begin(), label.end(), '@', '-');
  return label;
}

std::string lock_file_of(std::string label) {
  std::replace(label.begin(), label.end(), '.', '_');
  return "pylock." + label + ".toml";
}

// Collects the files of all wheelhouses, each name once.
class FlatFolder {
 public:
  Status add(const PlannedFile& planned, const std::string& wheelhouse) {
    const ModelFile& file = planned.file;
    const auto [place, is_new] = by_path_.try_emplace(file.path, Owned{planned, wheelhouse});
    if (is_new || place->second.planned.file.digest == file.digest) return {};
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} and {} hold different files called {}", place->second.wheelhouse, wheelhouse,
                             file.path),
                 "export them one by one, each into a folder of its own"};
  }

  // Names that differ in case only would be one file on some machines.
  Result<std::vector<PlannedFile>> take() {
    std::vector<PlannedFile> files;
    SafePathSet paths;
    for (auto& [text, owned] : by_path_) {
      PANNIER_ASSIGN(const SafePath path, SafePath::parse(text));
      PANNIER_TRY(paths.add(path));
      files.push_back(std::move(owned.planned));
    }
    return files;
  }

 private:
  struct Owned {
    PlannedFile planned;
    std::string wheelhouse;
  };
  std::map<std::string, Owned> by_path_;
};

PlannedFile made_here(const std::string& path, std::string contents) {
  return {{path, false, contents.size(), sha256(contents)}, "", std::move(contents)};
}

Result<ExportedWheelhouse> add_wheelhouse(const ModelManifest& manifest, const Store& store,
                                          FlatFolder& folder) {
  if (manifest.kind != ArtifactKind::kWheelhouse) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} is a {}, no wheelhouse", manifest.name, artifact_kind_name(manifest.kind)),
                 "export it with --local-dir or --hf-cache"};
  }
  ExportedWheelhouse exported;
  exported.name = manifest.name;
  exported.target = manifest.wheelhouse.target;
  exported.requirements = manifest.wheelhouse.requirements;
  PANNIER_ASSIGN(const std::vector<Wheel> wheels, wheels_of(manifest));
  exported.wheel_count = wheels.size();
  for (const Wheel& wheel : wheels) {
    if (wheel.name.name == "pip") exported.pip_wheel = wheel.file.path;
    PANNIER_TRY(folder.add({wheel.file, store.blob_path(wheel.file.digest)}, manifest.name));
  }
  const std::string label = label_of(manifest.name);
  if (auto requirements = hashed_requirements(manifest); requirements.ok()) {
    exported.requirements_file = "requirements-" + label + ".txt";
    PANNIER_TRY(folder.add(made_here(exported.requirements_file, *std::move(requirements)), manifest.name));
  }
  for (const ModelFile& file : manifest.files) {
    if (file.path != kWheelhouseLockFile) continue;
    exported.lock_file = lock_file_of(label);
    PlannedFile lock{file, store.blob_path(file.digest)};
    lock.file.path = exported.lock_file;
    PANNIER_TRY(folder.add(lock, manifest.name));
  }
  return exported;
}

}  // namespace

Result<WheelhousesExport> export_wheelhouses(FileSystem& fs, const std::vector<WheelhouseSource>& sources,
                                             const ExportOptions& options) {
  WheelhousesExport result;
  FlatFolder folder;
  for (const WheelhouseSource& source : sources) {
    PANNIER_ASSIGN(ModelManifest manifest, source.store->manifest(source.reference));
    manifest.name = source.reference.name;
    PANNIER_ASSIGN(ExportedWheelhouse exported, add_wheelhouse(manifest, *source.store, folder));
    result.wheelhouses.push_back(std::move(exported));
  }
  if (sources.empty()) {
    return Error{ErrorKind::kNotFound, "the store holds no wheelhouse", "`pannier list` shows what it holds"};
  }
  PANNIER_ASSIGN(const std::vector<PlannedFile> files, folder.take());
  PANNIER_ASSIGN(result.folder, export_folder(fs, "the wheelhouses", files, options));
  return result;
}

}  // namespace pannier

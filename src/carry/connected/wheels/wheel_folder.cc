#include "carry/connected/wheels/wheel_folder.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "base/safe_path.h"
#include "format/inflate.h"

namespace pannier {
namespace {

// "a/b/c" is in folder "a/b"; "c" in "".
std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

bool is_weights(std::string_view name) {
  return name.ends_with(".safetensors") || (name.starts_with("pytorch_model") && name.ends_with(".bin"));
}

// What import needs, not the model.
bool is_package_file(std::string_view path) {
  return path == "__init__.py" || path.ends_with("/__init__.py") || path.ends_with(".pyc") ||
         path.find("__pycache__/") != std::string_view::npos;
}

std::string prefix_of(const std::string& folder) { return folder.empty() ? "" : folder + "/"; }

// Writes one entry's contents and takes their digest.
Result<Digest> write_entry(FileSystem& fs, ByteSpan wheel, const ZipEntry& entry, const std::string& path) {
  PANNIER_TRY(fs.make_folders(parent_folder(path)));
  PANNIER_ASSIGN(const std::unique_ptr<WritableFile> file, fs.create(path));
  Sha256 hash;
  const auto sink = [&](ByteSpan piece) {
    hash.update(piece);
    return file->append(piece);
  };
  const ByteSpan packed = wheel.subspan(entry.begin, entry.end - entry.begin);
  if (entry.deflated) {
    const Status unpacked = inflate_exactly(packed, entry.bytes, sink);
    if (!unpacked.ok()) return with_context(unpacked.error(), for_message(entry.name));
  } else {
    for (size_t at = 0; at < packed.size(); at += limits::kMiB) {
      PANNIER_TRY(sink(packed.subspan(at, std::min<size_t>(limits::kMiB, packed.size() - at))));
    }
  }
  PANNIER_TRY(file->close());
  return hash.finish();
}

}  // namespace

std::vector<std::string> model_folders(const ZipIndex& index) {
  std::set<std::string> with_config;
  std::set<std::string> with_weights;
  for (const ZipEntry& entry : index.entries) {
    const std::string name = file_name(entry.name);
    if (name == "config.json") with_config.insert(folder_of(entry.name));
    if (is_weights(name)) with_weights.insert(folder_of(entry.name));
  }
  std::vector<std::string> out;
  std::set_intersection(with_config.begin(), with_config.end(), with_weights.begin(), with_weights.end(),
                        std::back_inserter(out));
  return out;
}

std::vector<std::string> all_folders(const ZipIndex& index) {
  std::set<std::string> out;
  for (const ZipEntry& entry : index.entries) {
    if (!entry.name.ends_with('/')) out.insert(folder_of(entry.name));
  }
  return {out.begin(), out.end()};
}

bool has_folder(const ZipIndex& index, const std::string& folder) {
  const std::string prefix = prefix_of(folder);
  return std::any_of(index.entries.begin(), index.entries.end(), [&](const ZipEntry& entry) {
    return entry.name.starts_with(prefix) && entry.name.size() > prefix.size();
  });
}

Result<TakenFolder> take_folder(FileSystem& fs, ByteSpan wheel, const ZipIndex& index,
                                const std::string& folder, const std::string& target) {
  const std::string prefix = prefix_of(folder);
  PANNIER_TRY(fs.remove_tree(target));
  TakenFolder out;
  SafePathSet paths;
  for (const ZipEntry& entry : index.entries) {
    if (!entry.name.starts_with(prefix) || entry.name.ends_with('/')) continue;
    const std::string relative = entry.name.substr(prefix.size());
    if (is_package_file(relative)) {
      out.left_out.push_back({relative, entry.bytes, "part of the Python package"});
      continue;
    }
    PANNIER_ASSIGN(const SafePath path, SafePath::parse(relative));
    PANNIER_TRY(paths.add(path));
    if (out.files.size() >= limits::kFilesPerModelMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{} has more than {} files", for_message(folder), limits::kFilesPerModelMax),
                   ""};
    }
    SnapshotFile file;
    file.path = relative;
    file.bytes = entry.bytes;
    file.local_path = path.under(target);
    PANNIER_ASSIGN(file.id.sha256, write_entry(fs, wheel, entry, file.local_path));
    out.files.push_back(std::move(file));
  }
  const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
  std::sort(out.files.begin(), out.files.end(), by_path);
  std::sort(out.left_out.begin(), out.left_out.end(), by_path);
  return out;
}

}  // namespace pannier

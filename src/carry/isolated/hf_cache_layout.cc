#include "carry/isolated/hf_cache_layout.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/json.h"

namespace pannier {
namespace {

constexpr size_t kCommitCharacters = 40;
constexpr size_t kShortCommitCharacters = 7;
constexpr std::string_view kDatasetPrefix = "datasets/";

// The repository that a ref name means: without its revision, and without the prefix of data sets.
std::string_view repo_of_name(std::string_view name, ArtifactKind kind) {
  if (kind == ArtifactKind::kDataset && name.starts_with(kDatasetPrefix)) {
    name.remove_prefix(kDatasetPrefix.size());
  }
  return name.substr(0, name.find('@'));
}

std::string folder_of_repo(std::string_view repo, ArtifactKind kind) {
  std::string folder = kind == ArtifactKind::kDataset ? "datasets--" : "models--";
  for (const char c : repo) folder += c == '/' ? "--" : std::string(1, c);
  return folder;
}

// How LFS keeps a large file in git: as this text, whose blob the Hub's listing names.
std::string lfs_pointer_blob(const ModelFile& file) {
  const std::string pointer = fmt::format("version https://git-lfs.github.com/spec/v1\noid {}\nsize {}\n",
                                          file.digest.oci(), file.bytes);
  GitBlobHash hash(pointer.size());
  hash.update(as_bytes(pointer));
  return hash.finish().hex();
}

}  // namespace

Result<HfCacheNames> hf_cache_names(const ModelManifest& manifest, const Digest& manifest_digest) {
  if (manifest.kind == ArtifactKind::kWheelhouse) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("{} is a wheelhouse; no Hub cache holds one", manifest.name),
                 "export it with --wheelhouse"};
  }
  const Upstream& upstream = manifest.upstream;
  HfCacheNames names;
  names.repo =
      upstream.repo.empty() ? std::string(repo_of_name(manifest.name, manifest.kind)) : upstream.repo;
  if (!is_repo_name(names.repo)) {
    return Error{ErrorKind::kInvalid, fmt::format("\"{}\" could be no repository of a Hub", names.repo),
                 "pack it under a name like my-model or org/my-model, or export it with --local-dir"};
  }
  names.folder = folder_of_repo(names.repo, manifest.kind);
  std::vector<std::string> others = upstream.aliases;
  others.push_back(manifest.name);
  for (const std::string& other : others) {
    const std::string_view repo = repo_of_name(other, manifest.kind);
    if (!is_repo_name(repo)) continue;
    std::string folder = folder_of_repo(repo, manifest.kind);
    const bool is_known = folder == names.folder || std::find(names.aliases.begin(), names.aliases.end(),
                                                              folder) != names.aliases.end();
    if (!is_known) names.aliases.push_back(std::move(folder));
  }
  names.is_commit_made_up = upstream.commit.empty();
  names.commit =
      upstream.commit.empty() ? manifest_digest.hex().substr(0, kCommitCharacters) : upstream.commit;
  names.is_main = upstream.revision.empty() || upstream.revision == "main";
  const std::string short_commit = names.commit.substr(0, kShortCommitCharacters);
  names.refs = {short_commit};
  const bool is_named =
      !names.is_main && upstream.revision != short_commit && upstream.revision != names.commit;
  if (is_named) names.refs.push_back(upstream.revision);
  return names;
}

std::string hf_cache_blob_name(const ModelFile& file) {
  return file.upstream_id.empty() ? file.digest.hex() : file.upstream_id;
}

std::string hf_cache_tree(const ModelManifest& manifest) {
  JsonWriter json(JsonLayout::kIndented);
  json.begin_object().member("format_version", uint64_t{1});
  json.key("files").begin_object();
  for (const ModelFile& file : manifest.files) {
    const bool is_git = file.upstream_id.size() == 2 * sizeof(Sha1);
    json.key(file.path).begin_object().member("size", file.bytes);
    json.member("blob_id", is_git ? file.upstream_id : lfs_pointer_blob(file));
    if (!is_git) json.member("lfs_sha256", file.digest.hex()).member("lfs_size", file.bytes);
    json.end_object();
  }
  json.end_object().end_object();
  return json.take();
}

}  // namespace pannier

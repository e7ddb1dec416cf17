// For tests only: makes a small bundle out of contents held in memory.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "carry/transport/bundle_reader.h"
#include "carry/transport/bundle_writer.h"

namespace pannier::bundle_test {

// Contents by path; a path that ends in ".sh" is executable.
using TestModel = std::map<std::string, std::string>;
using TestModels = std::map<std::string, TestModel>;

// Different bytes for different seeds, not compressible, the same on every machine.
inline std::string noise(size_t bytes, uint64_t seed) {
  std::string out(bytes, '\0');
  uint64_t state = seed * 0x9E3779B97F4A7C15ull + 1;
  for (char& c : out) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

inline void write_file(FileSystem& fs, const std::string& path, std::string_view contents,
                       bool executable = false) {
  ASSERT_TRUE(fs.make_folders(parent_folder(path)).ok());
  auto file = fs.create(path, executable);
  ASSERT_TRUE(file.ok()) << file.error().to_string();
  ASSERT_TRUE((*file)->append(as_bytes(contents)).ok());
  ASSERT_TRUE((*file)->sync().ok());
  ASSERT_TRUE((*file)->close().ok());
}

inline std::string read_file(FileSystem& fs, const std::string& path) {
  auto contents = read_small_file(fs, path, 1ull << 32);
  EXPECT_TRUE(contents.ok()) << contents.error().to_string();
  return contents.ok() ? *contents : "";
}

// Writes the files below `folder` and describes them. `manifest` says all but the files, whose upstream ids
// are as the Hub gives them where it names a repository: LFS for *.safetensors, else git.
inline BundleModelSource write_source(FileSystem& fs, const std::string& folder, ModelManifest manifest,
                                      const TestModel& files) {
  BundleModelSource source;
  for (const auto& [path, contents] : files) {
    const bool executable = path.ends_with(".sh");
    source.source_paths.push_back(folder + "/" + path);
    write_file(fs, source.source_paths.back(), contents, executable);
    manifest.files.push_back({path, executable, contents.size(), sha256(contents)});
    if (manifest.upstream.repo.empty()) continue;
    GitBlobHash git(contents.size());
    git.update(as_bytes(contents));
    manifest.files.back().upstream_id =
        path.ends_with(".safetensors") ? sha256(contents).hex() : git.finish().hex();
  }
  EXPECT_TRUE(check_manifest_facts(manifest).ok());
  source.blobs = write_model_manifest(manifest);
  source.index_entry = {manifest.name,
                        {sha256(source.blobs.manifest), source.blobs.manifest.size()},
                        {sha256(source.blobs.config), source.blobs.config.size()},
                        manifest.files,
                        manifest.kind};
  return source;
}

// Plain models, each below a folder of its own.
inline std::vector<BundleModelSource> write_sources(FileSystem& fs, const std::string& folder,
                                                    const TestModels& models) {
  std::vector<BundleModelSource> sources;
  for (const auto& [name, files] : models) {
    // Numbered, since model "a" may hold a path that model "a/b" has too.
    sources.push_back(write_source(fs, folder + "/" + std::to_string(sources.size()), {name, {}}, files));
  }
  return sources;
}

// Every file below a folder with its contents; folders end in '/'. Empty where there is none.
inline void add_tree(FileSystem& fs, const std::string& folder, std::map<std::string, std::string>& out) {
  const auto entries = fs.list(folder);
  if (!entries.ok()) return;
  for (const FolderEntry& entry : *entries) {
    const std::string path = folder + "/" + entry.name;
    if (entry.kind == FileKind::kFolder) {
      out[path + "/"];
      add_tree(fs, path, out);
    } else {
      out[path] = read_file(fs, path);
    }
  }
}
inline std::map<std::string, std::string> tree_of(FileSystem& fs, const std::string& folder) {
  std::map<std::string, std::string> out;
  add_tree(fs, folder, out);
  return out;
}

// The same without lock files, which say nothing of what is there.
inline std::map<std::string, std::string> store_tree_of(FileSystem& fs, const std::string& folder) {
  auto tree = tree_of(fs, folder);
  std::erase_if(tree, [](const auto& file) { return file.first.ends_with(".lock"); });
  return tree;
}

// The sources go to `path`.src/.
inline void make_bundle(FileSystem& fs, const std::string& path, const TestModels& models) {
  const auto sources = write_sources(fs, path + ".src", models);
  const auto written = write_bundle(fs, sources, path, /*overwrite=*/false, {});
  ASSERT_TRUE(written.ok()) << written.error().to_string();
}

// A model of the Hub, a data set and a wheelhouse, each with all that a manifest can say of it.
inline std::vector<BundleModelSource> write_sources_of_all_kinds(FileSystem& fs, const std::string& folder) {
  ModelManifest model{"org/tiny", {}};
  model.upstream = {"org/tiny",   "714eb0fa89d2f80546fda750413ed43d93601a13",
                    "main",       {"old-org/tiny", "tiny"},
                    "apache-2.0", "https://huggingface.co/org/tiny"};
  ModelManifest dataset{"datasets/org/reviews", {}, ArtifactKind::kDataset};
  dataset.upstream.repo = "org/reviews";
  dataset.upstream.commit = "0123456789abcdef0123456789abcdef01234567";
  ModelManifest wheelhouse{"wheels/linux-x86_64-glibc2.28-cp39", {}, ArtifactKind::kWheelhouse};
  wheelhouse.wheelhouse = {"linux-x86_64-glibc2.28-cp39",
                           {"tiny-pkg[extra]>=1; python_version < '4'", "two"}};
  std::vector<BundleModelSource> sources;
  sources.push_back(
      write_source(fs, folder + "/dataset", dataset,
                   {{"README.md", "# Reviews\n"}, {"data/train.jsonl", "{\"text\":\"good\"}\n"}}));
  sources.push_back(write_source(
      fs, folder + "/model", model,
      {{"config.json", "{}"}, {"model.safetensors", noise(5000, 7)}, {"onnx/run.sh", "#!/bin/sh\n"}}));
  sources.push_back(
      write_source(fs, folder + "/wheels", wheelhouse,
                   {{"pylock.toml", "lock-version = \"1.0\"\n"},
                    {"tiny_pkg-1.0-py3-none-any.whl", noise(300, 8)},
                    {"two-2.1.0-cp39-cp39-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", noise(400, 9)}}));
  return sources;
}

// Two models that share a file; an empty file; one that spans three blocks.
inline TestModels sample_models() {
  const std::string vocabulary = "[PAD]\n[UNK]\nhello\n";
  return {{"sst2",
           {{"config.json", "{\"model_type\":\"distilbert\"}\n"},
            {"empty.txt", ""},
            {"model.safetensors", noise(9'000'001, 1)},
            {"onnx/model.onnx", noise(70'000, 2)},
            {"run.sh", "#!/bin/sh\n"},
            {"vocab.txt", vocabulary}}},
          {"team/other@v1.0", {{"config.json", "{}"}, {"vocab.txt", vocabulary}}}};
}

}  // namespace pannier::bundle_test

#include "carry/connected/closure/needed_files.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pannier {
namespace {

Snapshot snapshot_of(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  Snapshot snapshot;
  snapshot.name = "org/name";
  for (const std::string& path : paths) {
    SnapshotFile file;
    file.path = path;
    file.bytes = path.ends_with(".json") ? 1'000 : 1'000'000;
    snapshot.files.push_back(file);
  }
  return snapshot;
}

std::vector<std::string> taken(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  for (const SnapshotFile& file : snapshot.files) paths.push_back(file.path);
  return paths;
}

std::string reason_of(const Snapshot& snapshot, std::string_view path) {
  for (const LeftOutFile& file : snapshot.left_out) {
    if (file.path == path) return file.reason;
  }
  return "";
}

Snapshot selected(std::vector<std::string> paths, const FileSelection& selection = {}) {
  Snapshot snapshot = snapshot_of(std::move(paths));
  const Status status = select_files(snapshot, selection);
  EXPECT_TRUE(status.ok()) << (status.ok() ? "" : status.error().to_string());
  return snapshot;
}

using Paths = std::vector<std::string>;

TEST(NeededFiles, OneFormatOfATypicalRepository) {
  const Snapshot snapshot = selected({".gitattributes",
                                      "README.md",
                                      "config.json",
                                      "tokenizer.json",
                                      "vocab.txt",
                                      "model.safetensors",
                                      "pytorch_model.bin",
                                      "tf_model.h5",
                                      "flax_model.msgpack",
                                      "rust_model.ot",
                                      "onnx/model.onnx",
                                      "onnx/config.json",
                                      "openvino/openvino_model.xml",
                                      "coreml/x.mlpackage/Data/w.bin",
                                      "64.tflite",
                                      "name-q4.gguf",
                                      "optimizer.pt",
                                      "rng_state_0.pth",
                                      "runs/events.out.tfevents.1",
                                      "training_args.bin",
                                      "original/consolidated.00.pth",
                                      "original/params.json"});
  EXPECT_EQ(taken(snapshot), (Paths{".gitattributes", "README.md", "config.json", "model.safetensors",
                                    "original/params.json", "tokenizer.json", "vocab.txt"}));
  EXPECT_EQ(reason_of(snapshot, "tf_model.h5"), "TensorFlow weights; model.safetensors is taken");
  EXPECT_EQ(reason_of(snapshot, "pytorch_model.bin"), "PyTorch weights; model.safetensors is taken");
  EXPECT_EQ(reason_of(snapshot, "optimizer.pt"), "left over from training; model.safetensors is taken");
  ASSERT_EQ(snapshot.warnings.size(), 1U);
  EXPECT_EQ(
      snapshot.warnings[0],
      "pytorch_model.bin was left out (PyTorch weights; model.safetensors is taken): a script that asks "
      "for it by name needs --files all");
  uint64_t left_out_bytes = 0;
  for (const LeftOutFile& file : snapshot.left_out) left_out_bytes += file.bytes;
  EXPECT_EQ(left_out_bytes, 14'001'000U);
  EXPECT_TRUE(std::is_sorted(snapshot.left_out.begin(), snapshot.left_out.end(),
                             [](const auto& a, const auto& b) { return a.path < b.path; }));
}

TEST(NeededFiles, AFormatThatNothingElseStandsForIsTaken) {
  for (const char* only :
       {"model.gguf", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx",
        "optimizer.pt", "consolidated.00.pth", "model.fp16.safetensors", "rust_model.ot"}) {
    const Snapshot snapshot = selected({"config.json", only});
    EXPECT_TRUE(snapshot.left_out.empty()) << only;
    EXPECT_TRUE(snapshot.warnings.empty()) << only;
  }
  // An adapter is no whole model, so a merged one in another format stays.
  EXPECT_TRUE(selected({"adapter_model.safetensors", "merged.gguf"}).left_out.empty());
  EXPECT_EQ(taken(selected({"adapter_model.safetensors", "adapter_model.bin", "optimizer.pt"})),
            Paths{"adapter_model.safetensors"});
  // Of two that are no copies of each other, both.
  EXPECT_TRUE(selected({"a.safetensors", "b.bin"}).left_out.empty());
}

TEST(NeededFiles, PytorchGoesBeforeForeignFormats) {
  EXPECT_EQ(taken(selected({"pytorch_model.bin", "tf_model.h5", "model.onnx"})), Paths{"pytorch_model.bin"});
}

TEST(NeededFiles, ShardsNeedTheirIndexAndEachOther) {
  const Paths bin = {"pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin",
                     "pytorch_model.bin.index.json"};
  Paths whole = {"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                 "model.safetensors.index.json"};
  Paths both = whole;
  both.insert(both.end(), bin.begin(), bin.end());
  EXPECT_EQ(taken(selected(both)), whole);
  // One shard or the index is missing upstream: the other format is the only whole one.
  for (size_t missing = 0; missing < whole.size(); ++missing) {
    Paths broken = both;
    broken.erase(broken.begin() + static_cast<std::ptrdiff_t>(missing));
    EXPECT_TRUE(selected(broken).left_out.empty()) << whole[missing];
  }
  // A single file and the same in shards: libraries look for the single one first.
  whole.push_back("model.safetensors");
  const Snapshot snapshot = selected(whole);
  EXPECT_EQ(taken(snapshot), Paths{"model.safetensors"});
  EXPECT_EQ(reason_of(snapshot, "model.safetensors.index.json"),
            "the same weights once more; model.safetensors is taken");
}

TEST(NeededFiles, VariantsOnlyWithoutThePlainOne) {
  const Snapshot snapshot =
      selected({"unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors",
                "vae/diffusion_pytorch_model.fp16.safetensors", "vae/diffusion_pytorch_model.fp16.bin"});
  EXPECT_EQ(taken(snapshot), (Paths{"unet/diffusion_pytorch_model.safetensors",
                                    "vae/diffusion_pytorch_model.fp16.safetensors"}));
  EXPECT_EQ(reason_of(snapshot, "unet/diffusion_pytorch_model.fp16.safetensors"),
            "the fp16 variant; unet/diffusion_pytorch_model.safetensors is taken");
}

TEST(NeededFiles, EachFolderIsJudgedForItself) {
  // sentence-transformers: the Dense module has only PyTorch weights.
  EXPECT_EQ(taken(selected({"modules.json", "model.safetensors", "pytorch_model.bin", "2_Dense/config.json",
                            "2_Dense/pytorch_model.bin", "onnx/model.onnx"})),
            (Paths{"2_Dense/config.json", "2_Dense/pytorch_model.bin", "model.safetensors", "modules.json"}));
}

TEST(NeededFiles, PipelinesOfComponents) {
  Snapshot snapshot = snapshot_of({"model_index.json", "unet/diffusion_pytorch_model.safetensors",
                                   "unet/config.json", "vae_decoder/model.onnx", "v1-5-pruned.ckpt",
                                   "v1-5-pruned.safetensors", "lora.safetensors", "unet/model.onnx"});
  for (SnapshotFile& file : snapshot.files) {
    if (file.path == "lora.safetensors") file.bytes = 10;
  }
  ASSERT_TRUE(select_files(snapshot, {}).ok());
  EXPECT_EQ(taken(snapshot), (Paths{"lora.safetensors", "model_index.json", "unet/config.json",
                                    "unet/diffusion_pytorch_model.safetensors"}));
  EXPECT_EQ(reason_of(snapshot, "v1-5-pruned.safetensors"),
            "the whole pipeline in one file; the components that model_index.json names are taken");
}

TEST(NeededFiles, AllMeansAll) {
  FileSelection all;
  all.choice = FileChoice::kAll;
  const Snapshot snapshot = selected({"config.json", "model.safetensors", "pytorch_model.bin"}, all);
  EXPECT_EQ(snapshot.files.size(), 3U);
  EXPECT_TRUE(snapshot.warnings.empty());
}

TEST(NeededFiles, PatternsDecideFirst) {
  FileSelection selection;
  selection.include = {"*.json", "onnx/"};
  selection.exclude = {"token*"};
  const Snapshot snapshot =
      selected({"config.json", "tokenizer.json", "onnx/model.onnx", "model.safetensors"}, selection);
  EXPECT_EQ(taken(snapshot), (Paths{"config.json", "onnx/model.onnx"}));
  EXPECT_EQ(reason_of(snapshot, "tokenizer.json"), "--exclude 'token*'");
  EXPECT_EQ(reason_of(snapshot, "model.safetensors"), "not in --include");

  // What is excluded stands for nothing: the other format is taken.
  FileSelection no_safetensors;
  no_safetensors.exclude = {"*.safetensors"};
  EXPECT_EQ(taken(selected({"model.safetensors", "pytorch_model.bin"}, no_safetensors)),
            Paths{"pytorch_model.bin"});

  FileSelection nothing;
  nothing.include = {"*.nothing"};
  Snapshot empty = snapshot_of({"config.json"});
  const Status status = select_files(empty, nothing);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kInvalid);
}

TEST(NeededFiles, DataSetsAreTakenWhole) {
  Snapshot snapshot = snapshot_of({"data/model.safetensors", "data/pytorch_model.bin", "x.gguf"});
  snapshot.ref.repo_type = RepoType::kDataset;
  ASSERT_TRUE(select_files(snapshot, {}).ok());
  EXPECT_EQ(snapshot.files.size(), 3U);
}

}  // namespace
}  // namespace pannier

// Tests of weights in shards: what torch and safetensors wrote, and every way for index and shards to differ.
#include "run/weights/sharded_weights.h"

#include "base/display.h"
#include "base/json.h"
#include "run/weights/weights_test_support.h"

namespace pannier {
namespace {

constexpr const char* kIndex = "model.safetensors.index.json";
constexpr const char* kPytorchIndex = "pytorch_model.bin.index.json";

using Contents = std::map<std::string, std::string>;

Contents golden_shards() {
  Contents contents;
  const std::string folder = std::string(PANNIER_SOURCE_DIR) + "/tests/goldens/pytorch/shards";
  for (const FolderEntry& entry : *real_file_system().list(folder)) {
    contents[entry.name] = *read_small_file(real_file_system(), folder + "/" + entry.name, limits::kMiB);
  }
  return contents;
}

std::string shard_of(const std::vector<std::string>& names) {
  std::vector<TestTensor> tensors;
  for (const std::string& name : names) tensors.push_back({name, "F32", {1}, "1234"});
  return safetensors_file(tensors);
}

// An index of `map` and two shards, one.safetensors holding "a" and "b", two.safetensors "c".
Contents two_shards(const std::string& map) {
  return {{kIndex, "{\"metadata\":{\"total_size\":12},\"weight_map\":" + map + "}"},
          {"one.safetensors", shard_of({"a", "b"})},
          {"two.safetensors", shard_of({"c"})}};
}
const std::string kGoodMap = R"({"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"})";

Result<std::unique_ptr<Weights>> open(const Contents& contents, const std::string& index = kIndex) {
  return open_sharded(*model_files_from_memory("dir:model", contents), index);
}

void expect_refused(const Contents& contents, ErrorKind kind, const std::string& reason) {
  const auto weights = open(contents);
  ASSERT_FALSE(weights.ok()) << reason;
  EXPECT_EQ(weights.error().kind, kind) << weights.error().message;
  EXPECT_NE(weights.error().message.find(reason), std::string::npos) << weights.error().message;
}

TEST(ShardedWeightsTest, BothKindsOfShardsHoldTheSameTensors) {
  const Contents contents = golden_shards();
  const auto files = model_files_from_memory("dir:model", contents);
  const auto safetensors = open_sharded(*files, kIndex);
  const auto pytorch = open_sharded(*files, kPytorchIndex);
  ASSERT_TRUE(safetensors.ok()) << safetensors.error().message;
  ASSERT_TRUE(pytorch.ok()) << pytorch.error().message;
  EXPECT_EQ((*safetensors)->names().size(), 6u);
  ASSERT_EQ((*safetensors)->names(), (*pytorch)->names());
  for (const std::string_view name : (*pytorch)->names()) {
    const StoredTensor* expected = (*safetensors)->find(name);
    const StoredTensor* found = (*pytorch)->find(name);
    EXPECT_EQ(found->stored_type, expected->stored_type) << name;
    EXPECT_EQ(found->view.shape, expected->view.shape) << name;
    EXPECT_EQ(as_text(found->view.bytes), as_text(expected->view.bytes)) << name;
  }
  EXPECT_EQ((*pytorch)->file_of("embedding.weight"), "pytorch_model-00001-of-00002.bin");
  EXPECT_EQ((*pytorch)->file_of("decoder.bias"), "pytorch_model-00002-of-00002.bin");
  EXPECT_EQ((*pytorch)->file_of("absent"), kPytorchIndex);
  EXPECT_EQ((*pytorch)->find("absent"), nullptr);
}

TEST(ShardedWeightsTest, AGoodIndexIsRead) {
  const auto weights = open(two_shards(kGoodMap));
  ASSERT_TRUE(weights.ok()) << weights.error().message;
  EXPECT_EQ((*weights)->names(), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_EQ((*weights)->file_of("c"), "two.safetensors");
}

TEST(ShardedWeightsTest, EveryMissingShardIsNamed) {
  Contents contents = two_shards(
      R"({"a":"one.safetensors","d":"zwei.safetensors","e":"drei.safetensors","f":"drei.safetensors"})");
  expect_refused(contents, ErrorKind::kIncomplete,
                 "dir:model lacks 2 of the 3 shards that model.safetensors.index.json names: "
                 "drei.safetensors, zwei.safetensors");
}

TEST(ShardedWeightsTest, ATensorTheIndexNamesAndItsShardLacks) {
  expect_refused(two_shards(R"({"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors",)"
                            R"("d":"two.safetensors"})"),
                 ErrorKind::kCorrupt, "tensors that it names and their shards lack: 'd' (two.safetensors)");
}

TEST(ShardedWeightsTest, ATensorInAShardThatTheIndexDoesNotName) {
  expect_refused(two_shards(R"({"a":"one.safetensors","c":"two.safetensors"})"), ErrorKind::kCorrupt,
                 "tensors in the shards that it does not name: 'b' (one.safetensors)");
}

TEST(ShardedWeightsTest, ATensorInAnotherShardThanTheIndexSays) {
  expect_refused(two_shards(R"({"a":"one.safetensors","b":"two.safetensors","c":"two.safetensors"})"),
                 ErrorKind::kCorrupt,
                 "tensors that are in another shard than it says: 'b' (one.safetensors)");
}

TEST(ShardedWeightsTest, ATensorInTwoShards) {
  Contents contents = two_shards(kGoodMap);
  contents["two.safetensors"] = shard_of({"a", "c"});
  expect_refused(contents, ErrorKind::kCorrupt,
                 "tensors that another shard holds too: 'a' (two.safetensors)");
}

TEST(ShardedWeightsTest, ManyNamesAreCut) {
  Contents contents = two_shards(kGoodMap);
  std::vector<std::string> names = {"c"};
  for (int i = 10; i < 30; ++i) names.push_back("x" + std::to_string(i));
  contents["two.safetensors"] = shard_of(names);
  expect_refused(contents, ErrorKind::kCorrupt, "'x14' (two.safetensors) and 15 more");
}

TEST(ShardedWeightsTest, AShardOutsideTheFolder) {
  for (const char* path : {"../other/one.safetensors", "/etc/one.safetensors", "a/../../one.safetensors",
                           "C:one.safetensors", "a\\\\one.safetensors", ""}) {
    expect_refused(two_shards("{\"a\":\"" + std::string(path) + "\"}"), ErrorKind::kCorrupt,
                   "tensor 'a': path");
  }
}

TEST(ShardedWeightsTest, AShardOfAnotherContainer) {
  expect_refused(two_shards(R"({"a":"evil.bin"})"), ErrorKind::kUnsupported,
                 "'evil.bin' is no *.safetensors file");
  const auto weights = open({{kPytorchIndex, R"({"weight_map":{"a":"one.safetensors"}})"}}, kPytorchIndex);
  ASSERT_FALSE(weights.ok());
  EXPECT_NE(weights.error().message.find("is no *.bin file"), std::string::npos) << weights.error().message;
}

TEST(ShardedWeightsTest, AnIndexThatIsNone) {
  expect_refused({{kIndex, "x"}}, ErrorKind::kCorrupt, kIndex);
  expect_refused({{kIndex, "[]"}}, ErrorKind::kCorrupt, kIndex);
  expect_refused({{kIndex, R"({"metadata":{}})"}}, ErrorKind::kCorrupt, "weight_map");
  expect_refused({{kIndex, R"({"weight_map":[]})"}}, ErrorKind::kCorrupt, "weight_map");
  expect_refused({{kIndex, R"({"weight_map":{"a":1}})"}}, ErrorKind::kCorrupt,
                 "tensor 'a': its shard is no text");
  expect_refused({{kIndex, R"({"weight_map":{"a":"x.safetensors","a":"y.safetensors"}})"}},
                 ErrorKind::kCorrupt, kIndex);
}

TEST(ShardedWeightsTest, ADamagedShardIsRefusedByItsName) {
  Contents contents = two_shards(kGoodMap);
  contents["two.safetensors"] = "x";
  expect_refused(contents, ErrorKind::kCorrupt, "two.safetensors at byte 0");
}

}  // namespace
}  // namespace pannier

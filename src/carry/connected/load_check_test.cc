#include "carry/connected/load_check.h"

#include <gtest/gtest.h>

namespace pannier {
namespace {

// A safetensors file with one tensor of two bytes.
std::string weights(const std::string& tensor) {
  const std::string header = "{\"" + tensor + "\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
  std::string text(8, '\0');
  text[0] = static_cast<char>(header.size());
  return text + header + "ab";
}

Result<LoadCheck> check(std::map<std::string, std::string> contents) {
  return check_model_files(*model_files_from_memory("m", std::move(contents)));
}

TEST(LoadCheck, AcceptsWhatHoldsTogether) {
  const auto result =
      check({{"config.json", "{}"},
             {"tokenizer.json", "{\"model\":{\"type\":\"BPE\"}}"},
             {"a/model-1.safetensors", weights("x")},
             {"a/model-2.safetensors", weights("y")},
             {"a/model.safetensors.index.json",
              "{\"weight_map\":{\"x\":\"model-1.safetensors\",\"y\":\"model-2.safetensors\"}}"}});
  ASSERT_TRUE(result.ok()) << result.error().to_string();
  EXPECT_EQ(result->tensor_count, 2u);
  EXPECT_EQ(result->checked.size(), 5u);
}

TEST(LoadCheck, NamesTheShardAndTheTensorThatAreMissing) {
  const std::string index = "{\"weight_map\":{\"x\":\"m-1.safetensors\"}}";
  const auto no_shard = check({{"m.safetensors.index.json", index}});
  ASSERT_FALSE(no_shard.ok());
  EXPECT_EQ(no_shard.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(no_shard.error().message.find("m-1.safetensors"), std::string::npos);
  const auto no_tensor = check({{"m.safetensors.index.json", index}, {"m-1.safetensors", weights("y")}});
  ASSERT_FALSE(no_tensor.ok());
  EXPECT_NE(no_tensor.error().message.find("holds x"), std::string::npos);
}

TEST(LoadCheck, FindsDamage) {
  EXPECT_EQ(check({{"model.safetensors", weights("x").substr(0, 20)}}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(check({{"model.safetensors", weights("x") + "z"}}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(check({{"config.json", "{"}}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(check({{"tokenizer.json", "{}"}}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(check({{"m.safetensors.index.json", "{}"}}).error().kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace pannier

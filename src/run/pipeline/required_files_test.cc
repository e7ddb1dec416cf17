// Tests of the one message that names every missing file.
#include "run/pipeline/required_files.h"

#include <gtest/gtest.h>

#include <map>

namespace pannier {
namespace {

// A folder with files of these names.
Status check(const std::vector<std::string>& names) {
  std::map<std::string, std::string> contents;
  for (const std::string& name : names) contents[name] = "x";
  return check_required_files(*model_files_from_memory("dir:model", contents));
}

TEST(RequiredFilesTest, CompleteFoldersPass) {
  EXPECT_TRUE(check({"config.json", "model.safetensors", "tokenizer.json"}).ok());
  EXPECT_TRUE(check({"config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json"}).ok());
  EXPECT_TRUE(check({"config.json", "model.safetensors", "tokenizer.json", "pytorch_model.bin"}).ok());
  EXPECT_TRUE(check({"config.json", "pytorch_model.bin", "tokenizer.json"}).ok());
  EXPECT_TRUE(check({"config.json", "model.safetensors.index.json", "tokenizer.json"}).ok());
}

TEST(RequiredFilesTest, WeightsWithoutATokenizer) {
  const Status status = check({"config.json", "model.safetensors"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, ErrorKind::kIncomplete);
  EXPECT_EQ(status.error().message,
            "dir:model lacks tokenizer.json (or vocab.txt with tokenizer_config.json)");
  EXPECT_NE(status.error().hint.find("fetch the missing file"), std::string::npos);
}

TEST(RequiredFilesTest, AnEmptyFolderNamesAllOfThem) {
  const Status status = check({});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message,
            "dir:model lacks config.json, model.safetensors (or pytorch_model.bin, or shards of either with "
            "their .index.json) and tokenizer.json (or vocab.txt with tokenizer_config.json)");
}

TEST(RequiredFilesTest, HalfATokenizerNamesTheOtherHalf) {
  EXPECT_NE(check({"config.json", "model.safetensors", "vocab.txt"})
                .error()
                .message.find("tokenizer_config.json beside vocab.txt"),
            std::string::npos);
  EXPECT_NE(check({"config.json", "model.safetensors", "tokenizer_config.json"})
                .error()
                .message.find("vocab.txt beside tokenizer_config.json"),
            std::string::npos);
}

TEST(RequiredFilesTest, WeightsInAnotherContainerAreNamed) {
  const Status only = check({"config.json", "tokenizer.json", "tf_model.h5"});
  ASSERT_FALSE(only.ok());
  EXPECT_EQ(only.error().kind, ErrorKind::kUnsupported);
  EXPECT_NE(only.error().message.find("TensorFlow (Keras HDF5) (tf_model.h5)"), std::string::npos);
  const Status also = check({"config.json", "onnx/model.onnx"});
  ASSERT_FALSE(also.ok());
  EXPECT_EQ(also.error().kind, ErrorKind::kIncomplete);
  EXPECT_NE(also.error().message.find(".index.json) and tokenizer.json"), std::string::npos);
  EXPECT_NE(also.error().hint.find("ONNX (onnx/model.onnx)"), std::string::npos);
  EXPECT_NE(also.error().hint.find("of the model it was exported from"), std::string::npos);
}

}  // namespace
}  // namespace pannier

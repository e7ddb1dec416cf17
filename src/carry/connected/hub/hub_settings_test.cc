#include "carry/connected/hub/hub_settings.h"

#include <gtest/gtest.h>

#include <map>

#include "base/fs_memory.h"

namespace pannier {
namespace {

Environment of(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const std::string& name) {
    const auto place = variables.find(name);
    return place == variables.end() ? std::string() : place->second;
  };
}

class HubSettings : public testing::Test {
 protected:
  void write(const std::string& path, const std::string& text) {
    ASSERT_TRUE(fs_.make_folders(parent_folder(path)).ok());
    ASSERT_TRUE(write_file_atomic(fs_, path, text).ok());
  }
  std::string token(const std::string& option, std::map<std::string, std::string> variables) {
    auto read = read_hub_token(fs_, option, of(std::move(variables)));
    return read.ok() ? *read : "error: " + read.error().to_string();
  }
  MemoryFileSystem fs_;
};

TEST_F(HubSettings, TheEndpoint) {
  EXPECT_EQ(hub_endpoint("http://a", of({{"HF_ENDPOINT", "http://b"}})), "http://a");
  EXPECT_EQ(hub_endpoint("", of({{"HF_ENDPOINT", "http://b"}})), "http://b");
  EXPECT_EQ(hub_endpoint("", of({})), "https://huggingface.co");
}

TEST_F(HubSettings, TheCacheIsWhereHuggingfaceHubLooks) {
  EXPECT_EQ(hf_cache_folder(of({{"HF_HUB_CACHE", "/c"}, {"HF_HOME", "/h"}})), "/c");
  EXPECT_EQ(hf_cache_folder(of({{"HF_HOME", "~/h"}, {"HOME", "/u"}})), "/u/h/hub");
  EXPECT_EQ(hf_cache_folder(of({{"XDG_CACHE_HOME", "/x"}, {"HOME", "/u"}})), "/x/huggingface/hub");
  EXPECT_EQ(hf_cache_folder(of({{"HOME", "/u"}})), "/u/.cache/huggingface/hub");
  EXPECT_EQ(hf_cache_folder(of({})), "");
}

TEST_F(HubSettings, TokensInTheirOrder) {
  write("/t/option", "hf_option\n");
  write("/t/path", " hf_path \r\n");
  write("/u/.cache/huggingface/token", "hf_home");
  const std::map<std::string, std::string> all = {
      {"HF_TOKEN", "hf_env\n"}, {"HF_TOKEN_PATH", "/t/path"}, {"HOME", "/u"}};
  EXPECT_EQ(token("/t/option", all), "hf_option");
  EXPECT_EQ(token("", all), "hf_env");
  EXPECT_EQ(token("", {{"HF_TOKEN", "  "}, {"HF_TOKEN_PATH", "/t/path"}, {"HOME", "/u"}}), "hf_path");
  EXPECT_EQ(token("", {{"HUGGING_FACE_HUB_TOKEN", "hf_old"}, {"HOME", "/u"}}), "hf_old");
  EXPECT_EQ(token("", {{"HOME", "/u"}}), "hf_home");
  EXPECT_EQ(token("", {{"HOME", "/elsewhere"}}), "");
  EXPECT_EQ(token("", {}), "");
  EXPECT_EQ(token("", {{"HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"}, {"HF_TOKEN", "hf_env"}}), "");
  EXPECT_EQ(token("/t/option", {{"HF_HUB_DISABLE_IMPLICIT_TOKEN", "yes"}}), "hf_option");
}

TEST_F(HubSettings, WhatIsNoTokenIsNeverShown) {
  write("/t/two", "secret_one secret_two");
  write("/t/empty", "\n");
  write("/t/control", std::string("secret\x01", 7));
  write("/t/header", "secret\r\nX-Evil: 1");
  for (const char* path : {"/t/two", "/t/control", "/t/header"}) {
    const auto read = read_hub_token(fs_, path, of({}));
    ASSERT_FALSE(read.ok()) << path;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(read.error().to_string().find("secret"), std::string::npos);
  }
  EXPECT_EQ(read_hub_token(fs_, "/t/empty", of({})).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(read_hub_token(fs_, "/t/none", of({})).error().kind, ErrorKind::kNotFound);
  write("/t/long", std::string(20'000, 'a'));
  EXPECT_EQ(read_hub_token(fs_, "/t/long", of({})).error().kind, ErrorKind::kLimit);
  EXPECT_EQ(read_hub_token(fs_, "", of({{"HF_TOKEN", "secret a"}})).error().to_string().find("secret"),
            std::string::npos);
}

}  // namespace
}  // namespace pannier

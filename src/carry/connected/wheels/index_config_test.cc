// index_config: who decides where packages come from, and how uv is told.
#include "carry/connected/wheels/index_config.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "carry/connected/wheels/wheels_test_support.h"

namespace pannier {
namespace {

using wheels_test::environment_of;
using wheels_test::FakeUv;
using wheels_test::put;

class IndexConfigTest : public testing::Test {
 protected:
  Result<IndexConfig> read(const IndexOptions& options, std::map<std::string, std::string> variables = {}) {
    variables.emplace("PIP_CONFIG_FILE", "/dev/null");
    variables_ = environment_of(variables);
    const Uv uv = fake_.uv();
    return read_index_config(real_file_system(), variables_, options, &uv, fake_.folder() + "/work");
  }
  UvResolution told(const IndexConfig& config) {
    UvResolution out;
    tell_uv(config, variables_, out);
    return out;
  }
  static std::string variable(const UvResolution& resolution, const std::string& name) {
    for (const auto& [key, value] : resolution.environment) {
      if (key == name) return value;
    }
    return "";
  }

  FakeUv fake_;
  Environment variables_;
};

TEST_F(IndexConfigTest, TheBuiltInDefaultIsWhatUvSays) {
  const auto config = read({});
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_EQ(config->main_index.value, "https://built-in.example/simple");
  EXPECT_EQ(config->main_index.source, "uv's built-in default");
  EXPECT_TRUE(config->extra_indexes.empty());
  EXPECT_FALSE(config->merged);
}

TEST_F(IndexConfigTest, PipsConfigurationCountsWhereUvHasNone) {
  put(fake_.folder() + "/links/x", "");
  const auto config = read({}, {{"PIP_INDEX_URL", "https://pip.example/simple"},
                                {"PIP_EXTRA_INDEX_URL", "https://e1.example/s  https://e2.example/s"},
                                {"PIP_FIND_LINKS", fake_.folder() + "/links /not/there"},
                                {"PIP_TRUSTED_HOST", "pip.example"},
                                {"PIP_CERT", "/etc/ca.pem"}});
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_EQ(config->main_index.value, "https://pip.example/simple");
  EXPECT_EQ(config->main_index.source, "PIP_INDEX_URL");
  ASSERT_EQ(config->extra_indexes.size(), 2u);
  EXPECT_TRUE(config->merged);
  EXPECT_EQ(config->link_folders(), std::vector<std::string>{fake_.folder() + "/links"});
  const UvResolution resolution = told(*config);
  EXPECT_EQ(variable(resolution, "UV_DEFAULT_INDEX"), "https://pip.example/simple");
  EXPECT_EQ(variable(resolution, "UV_INDEX"), "https://e1.example/s https://e2.example/s");
  EXPECT_EQ(variable(resolution, "UV_INDEX_STRATEGY"), "unsafe-best-match");
  EXPECT_EQ(variable(resolution, "UV_INSECURE_HOST"), "pip.example");
  EXPECT_EQ(variable(resolution, "SSL_CERT_FILE"), "/etc/ca.pem");
}

TEST_F(IndexConfigTest, UvWinsOverPipAndOptionsOverBoth) {
  fake_.answer("indexes",
               "--index-url https://uv.example/simple\n--extra-index-url https://uv2.example/simple\n");
  auto config = read({}, {{"PIP_INDEX_URL", "https://pip.example/simple"}});
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_EQ(config->main_index.value, "https://uv.example/simple");
  EXPECT_EQ(config->extra_indexes.at(0).value, "https://uv2.example/simple");
  EXPECT_FALSE(config->merged);
  EXPECT_EQ(variable(told(*config), "UV_INDEX_STRATEGY"), "");
  IndexOptions options;
  options.index_url = "https://option.example/simple";
  options.extra_index_urls = {"https://option2.example/simple"};
  config = read(options, {{"PIP_INDEX_URL", "https://pip.example/simple"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->main_index.value, "https://option.example/simple");
  EXPECT_EQ(config->main_index.source, "--index-url");
  EXPECT_EQ(config->extra_indexes.at(0).value, "https://option2.example/simple");
}

TEST_F(IndexConfigTest, TheUsersOwnStrategyStays) {
  const auto config =
      read({}, {{"PIP_EXTRA_INDEX_URL", "https://e.example/s"}, {"UV_INDEX_STRATEGY", "first-index"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(variable(told(*config), "UV_INDEX_STRATEGY"), "");
}

// Arguments of a process are there for every user of the machine to read; its environment is not.
TEST_F(IndexConfigTest, CredentialsAreNoArguments) {
  IndexOptions options;
  options.index_url = "https://u:s3cret@i.example/simple";
  options.extra_index_urls = {"https://u:s3cret@j.example/simple"};
  options.find_links = {"https://u:s3cret@k.example/links"};
  const auto config = read(options);
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  const UvResolution resolution = told(*config);
  for (const std::string& argument : resolution.arguments) {
    EXPECT_EQ(argument.find("s3cret"), std::string::npos) << argument;
  }
  EXPECT_EQ(variable(resolution, "UV_FIND_LINKS"), "https://u:s3cret@k.example/links");
}

TEST_F(IndexConfigTest, FoldersAreAddressesForUv) {
  put(fake_.folder() + "/my index/six/index.html", "");
  IndexOptions options;
  options.index_url = fake_.folder() + "/my index";
  const auto config = read(options);
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_EQ(variable(told(*config), "UV_DEFAULT_INDEX"), "file://" + fake_.folder() + "/my%20index");
}

TEST_F(IndexConfigTest, NoIndexAsksFoldersAlone) {
  const auto config = read({}, {{"PIP_NO_INDEX", "True"}, {"PIP_FIND_LINKS", fake_.folder()}});
  ASSERT_TRUE(config.ok()) << config.error().to_string();
  EXPECT_TRUE(config->no_index);
  const UvResolution resolution = told(*config);
  EXPECT_NE(std::find(resolution.arguments.begin(), resolution.arguments.end(), "--no-index"),
            resolution.arguments.end());
  EXPECT_EQ(variable(resolution, "UV_DEFAULT_INDEX"), "");
}

TEST_F(IndexConfigTest, WhatCannotWorkIsSaidWithItsPlace) {
  IndexOptions options;
  options.find_links = {"/no/such/folder"};
  auto config = read(options);
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.error().message.find("--find-links: no folder /no/such/folder"), std::string::npos);
  config = read({}, {{"PIP_CONSTRAINT", "/no/such/file"}});
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.error().message.find("PIP_CONSTRAINT"), std::string::npos);
  config = read({}, {{"PIP_INDEX_URL", "ftp://u:s3cret@i.example/simple"}});
  ASSERT_FALSE(config.ok());
  EXPECT_NE(config.error().message.find("PIP_INDEX_URL"), std::string::npos);
  EXPECT_EQ(config.error().to_string().find("s3cret"), std::string::npos);
}

// Without uv, pip's own help says the address that is built into it.
TEST(IndexConfigWithoutUv, AsksPip) {
  const auto config = read_index_config(
      real_file_system(), environment_of({{"PIP_CONFIG_FILE", "/dev/null"}}), {}, nullptr, "/tmp");
  if (!config.ok()) GTEST_SKIP() << "no pip on this machine: " << config.error().to_string();
  EXPECT_TRUE(config->main_index.value.starts_with("https://")) << config->main_index.value;
  EXPECT_EQ(config->main_index.source, "pip's built-in default");
}

}  // namespace
}  // namespace pannier

// simple_client: which index is asked, in what order, with what headers, and what a refusal says.
#include "carry/connected/wheels/simple_client.h"

#include <gtest/gtest.h>

#include "base/fs_memory.h"
#include "net/client/fake_http_client.h"

namespace pannier {
namespace {

const std::string kHash(64, 'a');

FakeAnswer json_page(const std::string& file) {
  FakeAnswer answer;
  answer.headers = {{"Content-Type", "application/vnd.pypi.simple.v1+json"}};
  answer.body = R"({"meta":{"api-version":"1.1"},"name":"tiny","files":[{"filename":")" + file +
                R"(","url":"../../files/)" + file + R"(","hashes":{"sha256":")" + kHash + R"("},"size":7}]})";
  return answer;
}

FakeAnswer status(int code) {
  FakeAnswer answer;
  answer.status = code;
  return answer;
}

class SimpleClientTest : public testing::Test {
 protected:
  SimpleClientTest() {
    config_.main_index = {"https://u:p@main.example/simple", ""};
    config_.extra_indexes = {{"https://extra.example/root/simple/", ""}};
    retry_.tries_max = 1;
  }
  Result<std::vector<IndexedFile>> list() { return list_project(fs_, client_, config_, "tiny", retry_); }

  MemoryFileSystem fs_;
  FakeHttpClient client_;
  IndexConfig config_;
  RetryPolicy retry_;
};

TEST_F(SimpleClientTest, TheFirstIndexThatHasTheProjectIsTheOnlyOne) {
  client_.on("GET", "https://extra.example/root/simple/tiny/", json_page("tiny-1.0-py3-none-any.whl"));
  const auto files = list();
  ASSERT_TRUE(files.ok()) << files.error().to_string();
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ(files->at(0).file.url, "https://extra.example/root/files/tiny-1.0-py3-none-any.whl");
  EXPECT_EQ(files->at(0).file.sha256->hex(), kHash);
  EXPECT_EQ(client_.requests().size(), 1u);
  EXPECT_EQ(FakeHttpClient::header(client_.requests()[0], "Authorization"), "");
  EXPECT_NE(FakeHttpClient::header(client_.requests()[0], "Accept").find("json"), std::string::npos);
}

TEST_F(SimpleClientTest, WhatTheFirstLacksTheNextIsAskedFor) {
  client_.on("GET", "https://extra.example/root/simple/tiny/", status(404));
  client_.on("GET", "https://main.example/simple/tiny/", json_page("tiny-2.0-py3-none-any.whl"));
  const auto files = list();
  ASSERT_TRUE(files.ok()) << files.error().to_string();
  EXPECT_EQ(files->at(0).file.url, "https://main.example/files/tiny-2.0-py3-none-any.whl");
  EXPECT_EQ(FakeHttpClient::header(client_.requests()[1], "Authorization"), "Basic dTpw");
}

TEST_F(SimpleClientTest, MergedIndexesAreAllAsked) {
  config_.merged = true;
  client_.on("GET", "https://extra.example/root/simple/tiny/", json_page("tiny-1.0-py3-none-any.whl"));
  client_.on("GET", "https://main.example/simple/tiny/", json_page("tiny-2.0-py3-none-any.whl"));
  const auto files = list();
  ASSERT_TRUE(files.ok());
  EXPECT_EQ(files->size(), 2u);
}

TEST_F(SimpleClientTest, AddressesAreThoseOfTheRedirectedPage) {
  config_.extra_indexes.clear();
  FakeAnswer moved = status(301);
  moved.headers = {{"Location", "https://mirror.example/pypi/simple/tiny/"}};
  client_.on("GET", "https://main.example/simple/tiny/", moved);
  client_.on("GET", "https://mirror.example/pypi/simple/tiny/", json_page("tiny-1.0-py3-none-any.whl"));
  const auto files = list();
  ASSERT_TRUE(files.ok()) << files.error().to_string();
  EXPECT_EQ(files->at(0).file.url, "https://mirror.example/pypi/files/tiny-1.0-py3-none-any.whl");
  EXPECT_EQ(FakeHttpClient::header(client_.requests()[1], "Authorization"), "");  // another host
}

TEST_F(SimpleClientTest, SaysWhoRefusesAndWhy) {
  config_.extra_indexes.clear();
  client_.on("GET", "https://main.example/simple/tiny/", status(403));
  auto files = list();
  ASSERT_FALSE(files.ok());
  EXPECT_EQ(files.error().kind, ErrorKind::kDenied);
  EXPECT_NE(files.error().message.find("main.example"), std::string::npos);
  EXPECT_EQ(files.error().to_string().find("u:p"), std::string::npos);

  FakeHttpClient down;
  down.on("GET", "https://main.example/simple/tiny/", status(500));
  files = list_project(fs_, down, config_, "tiny", retry_);
  ASSERT_FALSE(files.ok());
  EXPECT_EQ(files.error().kind, ErrorKind::kNetwork);
}

TEST_F(SimpleClientTest, NobodyHasIt) {
  client_.otherwise([](const HttpRequest&) { return status(404); });
  const auto files = list();
  ASSERT_FALSE(files.ok());
  EXPECT_EQ(files.error().kind, ErrorKind::kNotFound);
  EXPECT_NE(files.error().message.find("https://extra.example/root/simple/"), std::string::npos);
  EXPECT_EQ(files.error().message.find("u:p"), std::string::npos);
}

TEST_F(SimpleClientTest, ReadsFoldersOfLinksAndOfIndexes) {
  config_ = IndexConfig();
  config_.no_index = true;
  config_.find_links = {{"/links", ""}};
  config_.extra_indexes = {{"file:///index", ""}};
  ASSERT_TRUE(fs_.make_folders("/links").ok());
  ASSERT_TRUE(fs_.make_folders("/index/tiny").ok());
  for (const char* name : {"tiny-1.0-py3-none-any.whl", "tinyer-1.0-py3-none-any.whl", "tiny.txt"}) {
    ASSERT_TRUE(write_file_atomic(fs_, std::string("/links/") + name, "x").ok());
  }
  ASSERT_TRUE(write_file_atomic(fs_, "/index/tiny/index.html",
                                "<a href=\"../files/tiny-2.0-py3-none-any.whl#sha256=" + kHash +
                                    "\">tiny-2.0-py3-none-any.whl</a>")
                  .ok());
  auto files = list();
  ASSERT_TRUE(files.ok()) << files.error().to_string();
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ(files->at(0).local_path, "/links/tiny-1.0-py3-none-any.whl");
  EXPECT_EQ(files->at(1).local_path, "/index/tiny/../files/tiny-2.0-py3-none-any.whl");
  EXPECT_EQ(files->at(1).file.sha256->hex(), kHash);
  EXPECT_TRUE(files->at(1).file.url.empty());
}

TEST_F(SimpleClientTest, AsksForASizeThatNoIndexTells) {
  FakeAnswer answer;
  answer.headers = {{"Content-Length", "1234"}};
  client_.on("HEAD", "https://main.example/a.whl", answer);
  const auto bytes = size_on_server(client_, config_, *parse_url("https://main.example/a.whl"), retry_);
  ASSERT_TRUE(bytes.ok()) << bytes.error().to_string();
  EXPECT_EQ(*bytes, 1234u);
  EXPECT_EQ(FakeHttpClient::header(client_.requests()[0], "Authorization"), "Basic dTpw");
  for (const char* length : {"", "12x", "-1"}) {
    FakeHttpClient client;
    FakeAnswer bad;
    bad.headers = {{"Content-Length", length}};
    client.on("HEAD", "https://main.example/a.whl", bad);
    EXPECT_FALSE(size_on_server(client, config_, *parse_url("https://main.example/a.whl"), retry_).ok())
        << length;
  }
}

}  // namespace
}  // namespace pannier

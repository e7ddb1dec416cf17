// Addresses of indexes: credentials reach their own server, and nothing else.
#include <gtest/gtest.h>

#include "carry/connected/wheels/index_config.h"

namespace pannier {
namespace {

TEST(IndexAddress, TakesCredentialsOut) {
  const auto plain = parse_index_address("https://index.example/simple");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->url.text(), "https://index.example/simple");
  EXPECT_EQ(plain->authorization, "");
  const auto secret = parse_index_address("https://user:p%40ss@index.example/simple/");
  ASSERT_TRUE(secret.ok());
  EXPECT_EQ(secret->url.text(), "https://index.example/simple/");
  EXPECT_EQ(secret->authorization, "Basic dXNlcjpwQHNz");  // user:p@ss
  const auto token = parse_index_address("https://token@index.example/simple/");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->authorization, "Basic dG9rZW46");  // token:
}

TEST(IndexAddress, AnAtSignInThePathIsNoCredential) {
  const auto address = parse_index_address("https://index.example/a@b/simple");
  ASSERT_TRUE(address.ok());
  EXPECT_EQ(address->url.host, "index.example");
  EXPECT_EQ(address->authorization, "");
}

TEST(IndexAddress, ABadOneIsRefusedWithoutItsSecret) {
  const auto address = parse_index_address("https://user:secret@index.example:bad/");
  ASSERT_FALSE(address.ok());
  EXPECT_EQ(address.error().to_string().find("secret"), std::string::npos) << address.error().to_string();
}

TEST(WithoutCredentials, HidesThemAnywhereInAText) {
  EXPECT_EQ(without_credentials("https://u:p@h/x"), "https://***@h/x");
  EXPECT_EQ(without_credentials("https://u:p/a@h/x"), "https://u:p/a@h/x");  // no user information: a path
  EXPECT_EQ(without_credentials("a http://u@h b https://v:w@x@i/ c"), "a http://***@h b https://***@i/ c");
  EXPECT_EQ(without_credentials("nothing, me@example.org"), "nothing, me@example.org");
  EXPECT_EQ(without_credentials("https://h/x?mail=me@example.org"), "https://h/x?mail=me@example.org");
  EXPECT_EQ(without_credentials("://@"), "://***@");
}

TEST(IndexHeaders, GoToTheSameOriginAlone) {
  IndexConfig config;
  config.main_index = {"https://u:p@index.example/simple", ""};
  config.extra_indexes = {{"https://other.example/simple", ""}, {"http://a:b@127.0.0.1:8080/simple", ""}};
  const auto header = [&](const char* url) {
    const auto headers = index_headers(config, *parse_url(url));
    return headers.empty() ? std::string() : headers[0].name + ": " + headers[0].value;
  };
  EXPECT_EQ(header("https://index.example/files/x.whl"), "Authorization: Basic dTpw");
  EXPECT_EQ(header("http://127.0.0.1:8080/y"), "Authorization: Basic YTpi");
  EXPECT_EQ(header("http://index.example/files/x.whl"), "");
  EXPECT_EQ(header("https://index.example:444/files/x.whl"), "");
  EXPECT_EQ(header("https://other.example/x.whl"), "");
}

TEST(LocalPath, TellsFilesFromServers) {
  EXPECT_EQ(local_path_of("file:///opt/a%20b/x+y.whl#sha256=0"), "/opt/a b/x+y.whl");
  EXPECT_EQ(local_path_of("file://localhost/opt/x"), "/opt/x");
  EXPECT_EQ(local_path_of("/opt/x#y"), "/opt/x#y");
  EXPECT_EQ(local_path_of("wheels"), "wheels");
  EXPECT_EQ(local_path_of("https://h/x"), std::nullopt);
}

TEST(LinkFolders, AreThosePlacesThatArePaths) {
  IndexConfig config;
  config.find_links = {{"/opt/w", ""}, {"https://h/links.html", ""}, {"file:///srv/w", ""}};
  EXPECT_EQ(config.link_folders(), (std::vector<std::string>{"/opt/w", "/srv/w"}));
}

}  // namespace
}  // namespace pannier

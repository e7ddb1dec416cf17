#include "carry/connected/hub/hub.h"

#include <gtest/gtest.h>

#include "base/limits.h"
#include "carry/connected/hub/hub_testing.h"

namespace pannier {
namespace {

const std::string kApi = kTestHub + "/api/models/org/name";
const std::string kTree = kApi + "/tree/" + kTestCommit + "?recursive=true&expand=false";

ModelRef ref_of(std::string_view text) { return *parse_model_ref(text, false); }

class HubTest : public testing::Test {
 protected:
  HubTest() {
    client_.otherwise([](const HttpRequest&) { return std::optional(error_answer(404, "")); });
  }
  Result<Snapshot> snapshot(std::string_view text, const std::string& token = "") {
    Hub hub = test_hub(client_, token);
    return hub.snapshot(ref_of(text));
  }
  Error refused(std::string_view text, const std::string& token = "") {
    auto got = snapshot(text, token);
    EXPECT_FALSE(got.ok()) << text;
    return got.ok() ? Error{} : got.error();
  }
  FakeHttpClient client_;
};

TEST_F(HubTest, ASnapshotIsEveryFileAtOneCommit) {
  serve_repo(client_, "org/name",
             {{"config.json", "{}"}, {"model.safetensors", "weights"}, {"a b/ü.txt", "x"}},
             R"("gated":"auto","disabled":false,"tags":["transformers","license:mit"],)"
             R"("cardData":{"license":"apache-2.0"},"pipeline_tag":"text-classification",)"
             R"("library_name":"transformers","lastModified":"2026-01-02T03:04:05.000Z","new":[{"x":1}])");
  const auto got = snapshot("org/name");
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->repo, "org/name");
  EXPECT_EQ(got->name, "org/name");
  EXPECT_TRUE(got->aliases.empty());
  EXPECT_EQ(got->commit, kTestCommit);
  EXPECT_EQ(got->revision, "main");
  EXPECT_EQ(got->licence, "apache-2.0");
  EXPECT_EQ(got->gated, "auto");
  EXPECT_EQ(got->pipeline_tag, "text-classification");
  EXPECT_EQ(got->library, "transformers");
  EXPECT_EQ(got->last_modified, "2026-01-02T03:04:05.000Z");
  EXPECT_EQ(got->source, kTestHub + "/org/name");
  ASSERT_EQ(got->files.size(), 3U);
  EXPECT_EQ(got->files[0].path, "a b/ü.txt");
  EXPECT_EQ(got->files[0].url, kTestHub + "/org/name/resolve/" + kTestCommit + "/a%20b/%C3%BC.txt");
  EXPECT_EQ(got->files[1].id.git_blob->hex(), git_blob_hex("{}"));
  EXPECT_FALSE(got->files[1].id.sha256);
  // The git id of an LFS file is that of a pointer.
  EXPECT_EQ(got->files[2].id.sha256, sha256("weights"));
  EXPECT_FALSE(got->files[2].id.git_blob);
  EXPECT_EQ(got->files[2].bytes, 7U);
}

TEST_F(HubTest, RevisionsAndDataSetsGoIntoTheAddress) {
  serve_repo(client_, "org/name", {{"config.json", "{}"}}, "", "refs/pr/1");
  const auto got = snapshot("org/name@refs/pr/1");
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->name, "org/name@refs/pr/1");
  EXPECT_EQ(client_.count("GET", kApi + "/revision/refs%2Fpr%2F1"), 1U);

  const std::string api = kTestHub + "/api/datasets/org/set";
  client_.on("GET", api + "/revision/main", json_answer(R"({"id":"org/set","sha":")" + kTestCommit + "\"}"));
  client_.on("GET", api + "/tree/" + kTestCommit + "?recursive=true&expand=false",
             json_answer("[" + tree_entry("data.csv", "1") + "]"));
  const auto set = snapshot("datasets/org/set");
  ASSERT_TRUE(set.ok()) << set.error().to_string();
  EXPECT_EQ(set->name, "datasets/org/set");
  EXPECT_EQ(set->files[0].url, kTestHub + "/datasets/org/set/resolve/" + kTestCommit + "/data.csv");
}

TEST_F(HubTest, ARenameIsFollowedAndBothNamesKept) {
  FakeAnswer moved;
  moved.status = 307;
  moved.headers.push_back({"Location", "/api/models/org/name/revision/714eb0f"});
  client_.on("GET", kTestHub + "/api/models/name/revision/714eb0f", moved);
  serve_repo(client_, "org/name", {{"config.json", "{}"}}, "", "714eb0f");
  const auto got = snapshot("name@714eb0f", "hf_secret");
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  EXPECT_EQ(got->repo, "org/name");
  EXPECT_EQ(got->name, "org/name@714eb0f");
  EXPECT_EQ(got->aliases, std::vector<std::string>{"name@714eb0f"});
  EXPECT_EQ(got->revision, "714eb0f");
  EXPECT_EQ(got->commit, kTestCommit);
  for (const HttpRequest& request : client_.requests()) {
    EXPECT_EQ(FakeHttpClient::header(request, "Authorization"), "Bearer hf_secret");
  }
}

TEST_F(HubTest, AnEndpointMayHaveAPath) {
  HubOptions options = test_hub_options();
  options.endpoint = "http://localhost:8080/hf/";
  auto hub = Hub::make(client_, options);
  ASSERT_TRUE(hub.ok());
  EXPECT_EQ(hub->endpoint(), "http://localhost:8080/hf");
  EXPECT_FALSE(hub->snapshot(ref_of("org/name")).ok());
  EXPECT_EQ(client_.requests()[0].url.text(), "http://localhost:8080/hf/api/models/org/name/revision/main");
  for (const char* bad : {"", "ftp://h", "https://h/x?y", "https://user:pw@h", "h"}) {
    options.endpoint = bad;
    EXPECT_FALSE(Hub::make(client_, options).ok()) << bad;
  }
}

TEST_F(HubTest, PagesAreFollowedOnTheSameHostOnly) {
  FakeAnswer first = json_answer("[" + tree_entry("b", "1") + "]");
  first.headers.push_back({"Link", "<" + kApi + "/tree/x?cursor=2>; rel=\"next\""});
  FakeHttpClient client;
  client.on("GET", kApi + "/revision/main", json_answer(R"({"id":"org/name","sha":")" + kTestCommit + "\"}"));
  client.on("GET", kTree, first);
  client.on("GET", kApi + "/tree/x?cursor=2", json_answer("[" + tree_entry("a", "1") + "]"));
  Hub hub = test_hub(client);
  const auto got = hub.snapshot(ref_of("org/name"));
  ASSERT_TRUE(got.ok()) << got.error().to_string();
  ASSERT_EQ(got->files.size(), 2U);
  EXPECT_EQ(got->files[0].path, "a");

  FakeAnswer elsewhere = json_answer("[]");
  elsewhere.headers.push_back({"Link", "<https://evil.example/x>; rel=\"next\""});
  client_.on("GET", kApi + "/revision/other",
             json_answer(R"({"id":"org/other","sha":")" + kTestCommit + "\"}"));
  client_.on("GET", kTestHub + "/api/models/org/other/tree/" + kTestCommit + "?recursive=true&expand=false",
             elsewhere);
  EXPECT_EQ(refused("org/name@other", "hf_secret").kind, ErrorKind::kUntrusted);
  for (const HttpRequest& request : client_.requests()) EXPECT_EQ(request.url.host, "hub.example");
}

TEST_F(HubTest, PagesInACircleEnd) {
  FakeAnswer page = json_answer("[]");
  page.headers.push_back({"Link", "<" + kTree + ">; rel=\"next\""});
  client_.on("GET", kApi + "/revision/main",
             json_answer(R"({"id":"org/name","sha":")" + kTestCommit + "\"}"));
  client_.on("GET", kTree, page);
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kCorrupt);
}

TEST_F(HubTest, PagesWithoutEndEnd) {
  client_.on("GET", kApi + "/revision/main",
             json_answer(R"({"id":"org/name","sha":")" + kTestCommit + "\"}"));
  uint64_t pages = 0;
  client_.otherwise([&](const HttpRequest&) {
    FakeAnswer page = json_answer("[]");
    page.headers.push_back({"Link", "</api/next?" + std::to_string(++pages) + ">; rel=\"next\""});
    return std::optional(page);
  });
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kLimit);
  EXPECT_LE(pages, limits::kHubPagesMax);
}

TEST_F(HubTest, FactsAreNotTakenFromAnotherHost) {
  FakeAnswer moved;
  moved.status = 302;
  moved.headers.push_back({"Location", "https://evil.example/api"});
  client_.on("GET", kApi + "/revision/main", moved);
  client_.on("GET", "https://evil.example/api",
             json_answer(R"({"id":"org/name","sha":")" + kTestCommit + "\"}"));
  EXPECT_EQ(refused("org/name", "hf_secret").kind, ErrorKind::kUntrusted);
  for (const HttpRequest& request : client_.requests()) {
    if (request.url.host != "hub.example") {
      EXPECT_EQ(FakeHttpClient::header(request, "Authorization"), "");
    }
  }
}

TEST_F(HubTest, RedirectsWithoutEndEnd) {
  FakeAnswer moved;
  moved.status = 307;
  moved.headers.push_back({"Location", "/api/models/org/name/revision/main"});
  client_.on("GET", kApi + "/revision/main", moved);
  EXPECT_EQ(refused("org/name").kind, ErrorKind::kLimit);
}

TEST_F(HubTest, AnotherCommitThanAskedForIsRefused) {
  const std::string other(40, 'e');
  client_.on("GET", kApi + "/revision/" + other,
             json_answer(R"({"id":"org/name","sha":")" + kTestCommit + "\"}"));
  EXPECT_EQ(refused("org/name@" + other).kind, ErrorKind::kCorrupt);
}

TEST_F(HubTest, ErrorsInTheHubsTerms) {
  struct Row {
    FakeAnswer answer;
    std::string token;
    ErrorKind kind;
    std::string said;
  };
  const std::vector<Row> rows = {
      {error_answer(404, "RepoNotFound"), "", ErrorKind::kNotFound, "there is no model org/name"},
      {error_answer(401, "RepoNotFound", "Invalid username or password."), "", ErrorKind::kNotFound,
       "there is no"},
      {error_answer(401, "", "Invalid username or password."), "", ErrorKind::kNotFound, "or it is private"},
      {error_answer(404, "RevisionNotFound"), "", ErrorKind::kNotFound, "has no revision \"main\""},
      {error_answer(401, "GatedRepo"), "", ErrorKind::kDenied,
       "ask for access on https://hub.example/org/name"},
      {error_answer(403, "GatedRepo"), "t", ErrorKind::kDenied, "has not been let in"},
      {error_answer(403, "", "Access to this resource is disabled."), "", ErrorKind::kDenied, "was disabled"},
      {error_answer(401, "", "Invalid credentials in Authorization header"), "t", ErrorKind::kDenied,
       "refuses the token"},
      {error_answer(403, "", "no"), "t", ErrorKind::kDenied, "does not let this token's account"},
      {error_answer(429, "", "slow"), "", ErrorKind::kNetwork, "no more requests"},
      {error_answer(503, ""), "", ErrorKind::kNetwork, "answers 503"},
      {error_answer(418, ""), "", ErrorKind::kNetwork, "answers 418"},
      {error_answer(404, ""), "", ErrorKind::kNotFound, "is the address of a hub"},
      {json_answer("<html>"), "", ErrorKind::kCorrupt, "what https://hub.example says"},
      {json_answer(R"({"id":"org/name","sha":")" + kTestCommit + R"(","disabled":true})"), "",
       ErrorKind::kDenied, "was disabled"},
  };
  for (const Row& row : rows) {
    FakeHttpClient client;
    client.otherwise([](const HttpRequest&) { return std::optional(error_answer(404, "")); });
    client.on("GET", kApi + "/revision/main", row.answer);
    Hub hub = test_hub(client, row.token);
    const auto got = hub.snapshot(ref_of("org/name"));
    ASSERT_FALSE(got.ok()) << row.said;
    EXPECT_EQ(got.error().kind, row.kind) << got.error().to_string();
    EXPECT_NE(got.error().to_string().find(row.said), std::string::npos) << got.error().to_string();
  }
}

TEST_F(HubTest, NoMessageHoldsTheToken) {
  client_.on("GET", kApi + "/revision/main",
             error_answer(401, "", "bad token hf_secret_value in Bearer hf_secret_value"));
  const Error error = refused("org/name", "hf_secret_value");
  EXPECT_EQ(error.kind, ErrorKind::kDenied);
  EXPECT_EQ(error.to_string().find("hf_secret_value"), std::string::npos) << error.to_string();
}

TEST_F(HubTest, NearMisses) {
  client_.on("GET", kApi + "/revision/mian", error_answer(404, "RevisionNotFound"));
  client_.on("GET", kApi + "/refs",
             json_answer(R"({"branches":[{"name":"main"},{"name":"other"}],"tags":[{"name":"v1"}]})"));
  EXPECT_NE(refused("org/name@mian").hint.find("did you mean main?"), std::string::npos);

  client_.on("GET", kTestHub + "/api/models/org/nmae/revision/main", error_answer(404, "RepoNotFound"));
  client_.on("GET", kTestHub + "/api/models?author=org&limit=100",
             json_answer(R"([{"id":"org/name"},{"id":"org/far-away-from-it"},{"x":1}])"));
  EXPECT_NE(refused("org/nmae").hint.find("did you mean org/name?"), std::string::npos);
  client_.on("GET", kTestHub + "/api/models/name/revision/main", error_answer(404, "RepoNotFound"));
  client_.on("GET", kTestHub + "/api/models?search=name&limit=100", json_answer(R"([{"id":"org/name"}])"));
  EXPECT_NE(refused("name").hint.find("did you mean org/name?"), std::string::npos);

  client_.on("GET", kTestHub + "/api/models/org/set/revision/main", error_answer(404, "RepoNotFound"));
  client_.on("GET", kTestHub + "/api/datasets/org/set", json_answer(R"({"id":"org/set"})"));
  EXPECT_EQ(refused("org/set").hint, "there is a data set of that name: datasets/org/set");
}

TEST_F(HubTest, SmallFilesAreChecked) {
  serve_repo(client_, "org/name", {{"config.json", "{\"a\":1}"}});
  Hub hub = test_hub(client_);
  const auto got = hub.snapshot(ref_of("org/name"));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(*hub.small_file(*got, got->files[0], 100), "{\"a\":1}");
  EXPECT_EQ(hub.small_file(*got, got->files[0], 3).error().kind, ErrorKind::kLimit);

  const auto sent = [&](std::vector<std::string> bodies, int status = 200) {
    FakeHttpClient client;
    for (const std::string& body : bodies) {
      FakeAnswer answer;
      answer.status = status;
      answer.body = body;
      client.on("GET", got->files[0].url, answer);
    }
    return test_hub(client).small_file(*got, got->files[0], 100);
  };
  EXPECT_EQ(sent({"{\"a\":2}"}).error().kind, ErrorKind::kCorrupt);  // a flipped bit
  EXPECT_EQ(sent({"{}"}).error().kind, ErrorKind::kCorrupt);
  EXPECT_EQ(sent({std::string(100'000, 'x')}).error().kind, ErrorKind::kCorrupt);  // no end to it
  EXPECT_EQ(*sent({"{\"a\":2}", "{\"a\":1}"}), "{\"a\":1}");                       // right the second time
  EXPECT_EQ(sent({""}, 404).error().kind, ErrorKind::kNotFound);
  // The page of an error is longer than the file: the error counts, not the page.
  EXPECT_EQ(sent({std::string(5'000, 'e')}, 403).error().kind, ErrorKind::kDenied);
}

TEST_F(HubTest, AStorageHostNeverSeesTheToken) {
  serve_repo(client_, "org/name", {{"config.json", "{}"}});
  Hub hub = test_hub(client_, "hf_secret");
  const auto got = hub.snapshot(ref_of("org/name"));
  ASSERT_TRUE(got.ok());
  FakeHttpClient client;
  FakeAnswer moved;
  moved.status = 302;
  moved.headers.push_back({"Location", "https://storage.example/x?signature=y"});
  client.on("GET", got->files[0].url, moved);
  FakeAnswer file;
  file.body = "{}";
  client.on("GET", "https://storage.example/x?signature=y", file);
  EXPECT_EQ(*test_hub(client, "hf_secret").small_file(*got, got->files[0], 100), "{}");
  ASSERT_EQ(client.requests().size(), 2U);
  EXPECT_EQ(FakeHttpClient::header(client.requests()[0], "Authorization"), "Bearer hf_secret");
  EXPECT_EQ(FakeHttpClient::header(client.requests()[1], "Authorization"), "");

  // Nor does a host that a file is said to lie on.
  SnapshotFile elsewhere = got->files[0];
  elsewhere.url = "https://storage.example/x?signature=y";
  FakeHttpClient other;
  other.on("GET", elsewhere.url, file);
  EXPECT_TRUE(test_hub(other, "hf_secret").small_file(*got, elsewhere, 100).ok());
  EXPECT_EQ(FakeHttpClient::header(other.requests()[0], "Authorization"), "");
}

TEST_F(HubTest, ATokenOverPlainHttpIsRemarkedOn) {
  FakeHttpClient client;
  client.on("GET", "http://mirror.example/api/models/org/name/revision/main",
            json_answer(R"({"id":"org/name","sha":")" + kTestCommit + "\"}"));
  client.on("GET",
            "http://mirror.example/api/models/org/name/tree/" + kTestCommit + "?recursive=true&expand=false",
            json_answer("[" + tree_entry("a", "1") + "]"));
  HubOptions options = test_hub_options("hf_secret");
  options.endpoint = "http://mirror.example";
  auto hub = Hub::make(client, options);
  const auto got = hub->snapshot(ref_of("org/name"));
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->warnings.size(), 1U);
  EXPECT_NE(got->warnings[0].find("without encryption"), std::string::npos);
}

}  // namespace
}  // namespace pannier

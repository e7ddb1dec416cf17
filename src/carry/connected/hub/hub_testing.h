// For tests: the answers of a hub, written by hand after its protocol, behind a scripted client.
#pragma once

#include <fmt/core.h>

#include <map>
#include <string>
#include <vector>

#include "carry/connected/hub/hub.h"
#include "net/client/fake_http_client.h"

namespace pannier {

inline const std::string kTestHub = "https://hub.example";
inline const std::string kTestCommit = "0123456789abcdef0123456789abcdef01234567";

inline std::string git_blob_hex(std::string_view contents) {
  GitBlobHash hash(contents.size());
  hash.update(as_bytes(contents));
  return hash.finish().hex();
}

// An entry of a tree listing: a git file, or an LFS file where its name ends as weights do.
inline std::string tree_entry(const std::string& path, const std::string& contents) {
  if (path.ends_with(".safetensors") || path.ends_with(".bin")) {
    return fmt::format(
        R"({{"type":"file","oid":"{}","size":{},"path":"{}","lfs":{{"oid":"{}","size":{},"pointerSize":134}}}})",
        std::string(40, 'b'), contents.size(), path, sha256(contents).hex(), contents.size());
  }
  return fmt::format(R"({{"type":"file","oid":"{}","size":{},"path":"{}"}})", git_blob_hex(contents),
                     contents.size(), path);
}

inline FakeAnswer json_answer(std::string body, int status = 200) {
  FakeAnswer answer;
  answer.status = status;
  answer.headers.push_back({"Content-Type", "application/json; charset=utf-8"});
  answer.body = std::move(body);
  return answer;
}

inline FakeAnswer error_answer(int status, const std::string& code, const std::string& message = "") {
  FakeAnswer answer = json_answer("{\"error\":\"" + message + "\"}", status);
  if (!code.empty()) answer.headers.push_back({"X-Error-Code", code});
  if (!message.empty()) answer.headers.push_back({"X-Error-Message", message});
  return answer;
}

// A repository on the test hub: its description, its listing and its files. `more` is put into the
// description ("\"gated\":\"auto\"").
inline void serve_repo(FakeHttpClient& client, const std::string& repo,
                       const std::map<std::string, std::string>& files, const std::string& more = "",
                       const std::string& revision = "main") {
  client.on("GET", kTestHub + "/api/models/" + repo + "/revision/" + percent_encode(revision, false),
            json_answer(fmt::format(R"({{"_id":"1","id":"{}","sha":"{}","private":false{}{}}})", repo,
                                    kTestCommit, more.empty() ? "" : ",", more)));
  std::string tree;
  for (const auto& [path, contents] : files) {
    tree += (tree.empty() ? "" : ",") + tree_entry(path, contents);
    FakeAnswer answer;
    answer.body = contents;
    client.on("GET", kTestHub + "/" + repo + "/resolve/" + kTestCommit + "/" + percent_encode(path, true),
              answer);
  }
  client.on("GET", kTestHub + "/api/models/" + repo + "/tree/" + kTestCommit + "?recursive=true&expand=false",
            json_answer("[" + tree + "]"));
}

inline HubOptions test_hub_options(const std::string& token = "") {
  HubOptions options;
  options.endpoint = kTestHub;
  options.token = token;
  options.retry.tries_max = 2;
  options.retry.wait = [](std::chrono::milliseconds) { return Status(); };
  return options;
}

inline Hub test_hub(FakeHttpClient& client, const std::string& token = "") {
  return *Hub::make(client, test_hub_options(token));
}

}  // namespace pannier

// What the Hub means when it refuses: its statuses and error codes in words, with what to do next.
#pragma once

#include <string>
#include <string_view>

#include "carry/connected/model_ref.h"
#include "net/client/http.h"

namespace pannier {

// What was asked, for the message.
struct HubQuestion {
  std::string endpoint;  // "https://huggingface.co", no slash at the end
  RepoType type = RepoType::kModel;
  std::string repo;
  std::string revision;  // empty: the repository itself
  std::string path;      // empty: no file
  std::string token;     // what was sent; it is cut out of whatever the server says
};

// The error of an answer that is not the one hoped for. kNotFound: repository, revision or file;
// kDenied: gated (with the page to ask on), token refused, disabled; kNetwork: rate limited, busy, or
// nothing a hub says.
Error hub_error(const HubQuestion& question, const HttpHead& head, std::string_view body);

// "model org/name", "data set org/name".
std::string repo_for_people(RepoType type, const std::string& repo);
// "ENDPOINT/[datasets/]org/name": where a person looks at it.
std::string repo_page(const std::string& endpoint, RepoType type, const std::string& repo);
// Where the Hub serves a file: PAGE/resolve/COMMIT/PATH, percent-encoded.
std::string repo_file_address(const std::string& page, const std::string& commit, const std::string& path);

}  // namespace pannier

#include "carry/connected/hub/hub_errors.h"

#include <fmt/core.h>

#include "base/display.h"
#include "base/json.h"
#include "net/client/url.h"

namespace pannier {
namespace {

constexpr size_t kErrorBodyBytesMax = 64 * 1024;

// What the server says in words, the token cut out of it; empty where it says nothing.
std::string server_words(const HubQuestion& question, const HttpHead& head, std::string_view body) {
  std::string words(head.header("X-Error-Message"));
  if (words.empty() && body.size() <= kErrorBodyBytesMax && body.starts_with('{')) {
    const auto document = JsonDocument::parse_view(body, "the hub's answer");
    if (document.ok()) words = document->root()["error"].as_string().value_or("");
  }
  if (!question.token.empty()) {
    for (size_t place = words.find(question.token); place != std::string::npos;
         place = words.find(question.token)) {
      words.replace(place, question.token.size(), "…");
    }
  }
  return words.empty() ? "" : for_message(words);
}

std::string in_brackets(const std::string& words) { return words.empty() ? "" : " (" + words + ")"; }

class Explanation {
 public:
  Explanation(const HubQuestion& question, const HttpHead& head, std::string_view body)
      : question_(question),
        head_(head),
        words_(server_words(question, head, body)),
        repo_(repo_for_people(question.type, question.repo)) {}

  Error error() const {
    const std::string_view code = head_.header("X-Error-Code");
    if (code == "GatedRepo") return gated();
    if (code == "RevisionNotFound") return no_revision();
    if (code == "EntryNotFound") return no_file();
    if (code == "RepoNotFound") return no_repository();
    switch (head_.status) {
      case 401:
        return unauthorised();
      case 403:
        return forbidden();
      case 404:
        return plain_not_found();
      case 429:
        return rate_limited();
      default:
        return other();
    }
  }

 private:
  Error gated() const {
    const std::string page = repo_page(question_.endpoint, question_.type, question_.repo);
    if (question_.token.empty()) {
      return {ErrorKind::kDenied,
              fmt::format("access to {} is restricted: its owner asks who wants it", repo_),
              fmt::format("ask for access on {}, then give a token of that account with --hub-token-file or "
                          "HF_TOKEN",
                          page)};
    }
    return {
        ErrorKind::kDenied,
        fmt::format("access to {} is restricted, and the token's account has not been let in{}", repo_,
                    in_brackets(words_)),
        fmt::format("ask for access on {}; a fine-grained token must also allow gated repositories", page)};
  }

  Error no_repository() const {
    return {ErrorKind::kNotFound, fmt::format("there is no {} on {}", repo_, question_.endpoint),
            question_.token.empty()
                ? "check the name; a private one needs a token (--hub-token-file or HF_TOKEN)"
                : "check the name; if it is private, the token's account must be allowed to read it"};
  }

  Error no_revision() const {
    return {ErrorKind::kNotFound,
            fmt::format("{} has no revision \"{}\"", repo_,
                        for_message(question_.revision.empty() ? "main" : question_.revision)),
            fmt::format("its branches and tags are on {}/tree/main",
                        repo_page(question_.endpoint, question_.type, question_.repo))};
  }

  Error no_file() const {
    return {ErrorKind::kNotFound,
            fmt::format("{} has no file \"{}\" at {}", repo_, for_message(question_.path),
                        for_message(question_.revision)),
            ""};
  }

  Error unauthorised() const {
    if (!question_.token.empty()) {
      return {ErrorKind::kDenied,
              fmt::format("{} refuses the token{}", question_.endpoint, in_brackets(words_)),
              "it may have expired or been revoked: make another, or unset it for public models"};
    }
    // The Hub hides what is private behind the same answer as what does not exist.
    return {ErrorKind::kNotFound,
            fmt::format("there is no {} on {}, or it is private{}", repo_, question_.endpoint,
                        in_brackets(words_)),
            "check the name; a private one needs a token (--hub-token-file or HF_TOKEN)"};
  }

  Error forbidden() const {
    if (words_.find("disabled") != std::string::npos) {
      return {ErrorKind::kDenied,
              fmt::format("{} was disabled on {}{}", repo_, question_.endpoint, in_brackets(words_)),
              "nobody can fetch it there now; look for another copy of the same model"};
    }
    return {ErrorKind::kDenied,
            fmt::format("{} does not let {} have {}{}", question_.endpoint,
                        question_.token.empty() ? "an anonymous user" : "this token's account", repo_,
                        in_brackets(words_)),
            "check what the token may read"};
  }

  Error plain_not_found() const {
    if (!question_.path.empty()) return no_file();
    return {ErrorKind::kNotFound,
            fmt::format("{} knows nothing of {}{}{}", question_.endpoint, repo_,
                        question_.revision.empty() ? "" : " at " + for_message(question_.revision),
                        in_brackets(words_)),
            "check the name, the revision, and that --hub-url or HF_ENDPOINT is the address of a hub"};
  }

  Error rate_limited() const {
    const std::string_view after = head_.header("Retry-After");
    return {
        ErrorKind::kNetwork,
        fmt::format("{} lets no more requests through for now{}", question_.endpoint, in_brackets(words_)),
        after.empty() ? std::string("try again later; with a token the Hub allows more")
                      : fmt::format("it asks to wait {} seconds; with a token the Hub allows more",
                                    for_message(after))};
  }

  Error other() const {
    return {ErrorKind::kNetwork,
            fmt::format("{} answers {} when asked for {}{}", question_.endpoint, head_.status, repo_,
                        in_brackets(words_)),
            head_.status >= 500 ? "try again later"
                                : "check that --hub-url or HF_ENDPOINT is the address of a hub"};
  }

  const HubQuestion& question_;
  const HttpHead& head_;
  const std::string words_;
  const std::string repo_;
};

}  // namespace

Error hub_error(const HubQuestion& question, const HttpHead& head, std::string_view body) {
  return Explanation(question, head, body).error();
}

std::string repo_for_people(RepoType type, const std::string& repo) {
  return (type == RepoType::kDataset ? "data set " : "model ") + for_message(repo);
}

std::string repo_page(const std::string& endpoint, RepoType type, const std::string& repo) {
  return endpoint + (type == RepoType::kDataset ? "/datasets/" : "/") + repo;
}

std::string repo_file_address(const std::string& page, const std::string& commit, const std::string& path) {
  return page + "/resolve/" + commit + "/" + percent_encode(path, true);
}

}  // namespace pannier

#include "carry/connected/hub/hub.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "base/display.h"
#include "base/limits.h"
#include "carry/connected/hub/link_header.h"

namespace pannier {
namespace {

constexpr uint64_t kErrorPageBytesMax = 64 * limits::kKiB;

Error more_than_listed(const std::string& what, uint64_t bytes) {
  return {ErrorKind::kCorrupt,
          fmt::format("{}: the hub sends more than the {} bytes that its listing says", what, bytes), ""};
}

constexpr uint64_t kRepoInfoBytesMax = 16 * limits::kMiB;

std::string api_name(RepoType type) { return type == RepoType::kDataset ? "datasets" : "models"; }

bool is_this_machine(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

HubQuestion make_question(const std::string& endpoint, const HubOptions& options, const ModelRef& ref,
                          const std::string& revision) {
  return {endpoint, ref.repo_type, ref.repo, revision, "", options.token};
}

// Facts come from the hub that was asked: one that sends us elsewhere for them is not it.
Status check_stays(const std::string& endpoint, const std::string& origin,
                   const std::vector<RedirectStep>& chain) {
  for (const RedirectStep& step : chain) {
    if (step.url.origin() == origin) continue;
    return Error{ErrorKind::kUntrusted,
                 fmt::format("{} sends questions about repositories to another host, {}", endpoint,
                             for_message(step.url.origin())),
                 "if that is the hub you mean, give its address with --hub-url"};
  }
  return {};
}

}  // namespace

Hub::Hub(HttpClient& client, HubOptions options, std::string root, std::string origin)
    : client_(&client), options_(std::move(options)), root_(std::move(root)), origin_(std::move(origin)) {}

Result<Hub> Hub::make(HttpClient& client, HubOptions options) {
  const auto url = parse_url(options.endpoint);
  if (!url.ok()) {
    return Error{ErrorKind::kInvalid, "the hub's address: " + url.error().message,
                 "it looks like https://huggingface.co (--hub-url, HF_ENDPOINT)"};
  }
  if (url->target.find('?') != std::string::npos) {
    return Error{ErrorKind::kInvalid,
                 "the hub's address \"" + for_message(options.endpoint) + "\" has a query",
                 "give it without what follows the '?'"};
  }
  std::string root = url->origin() + url->target;
  while (root.ends_with('/')) root.pop_back();
  return Hub(client, std::move(options), std::move(root), url->origin());
}

std::vector<HttpHeader> Hub::headers() const {
  if (options_.token.empty()) return {};
  return {{"Authorization", "Bearer " + options_.token}};
}

HubQuestion Hub::question(const Snapshot& snapshot, const std::string& path) const {
  return {root_, snapshot.ref.repo_type, snapshot.repo, snapshot.revision, path, options_.token};
}

Result<HttpAnswer> Hub::ask(const std::string& address, uint64_t bytes_max) {
  HttpRequest request;
  PANNIER_ASSIGN(request.url, parse_url(address));
  request.headers = headers();
  request.headers.push_back({"Accept", "application/json"});
  std::vector<RedirectStep> chain;
  PANNIER_ASSIGN(HttpAnswer answer, get_small(*client_, request, bytes_max, options_.retry, &chain));
  PANNIER_TRY(check_stays(root_, origin_, chain));
  return answer;
}

Result<RepoInfo> Hub::repo_info(const ModelRef& ref, const std::string& revision) {
  const HubQuestion question = make_question(root_, options_, ref, revision);
  const std::string what = fmt::format("what {} says of {}", root_, repo_for_people(ref.repo_type, ref.repo));
  PANNIER_ASSIGN(const HttpAnswer answer,
                 ask(fmt::format("{}/api/{}/{}/revision/{}", root_, api_name(ref.repo_type), ref.repo,
                                 percent_encode(revision, false)),
                     kRepoInfoBytesMax));
  if (answer.head.status != 200) {
    Error error = hub_error(question, answer.head, answer.body);
    if (error.kind == ErrorKind::kNotFound) {
      error.hint = answer.head.header("X-Error-Code") == "RevisionNotFound"
                       ? near_revision_hint(question, error.hint)
                       : near_repo_hint(question, error.hint);
    }
    return error;
  }
  PANNIER_ASSIGN(RepoInfo info, parse_repo_info(answer.body, what));
  if (info.is_disabled) {
    return Error{ErrorKind::kDenied,
                 fmt::format("{} was disabled on {}", repo_for_people(ref.repo_type, info.id), root_),
                 "nobody can fetch it there now; look for another copy of the same model"};
  }
  if (sha1_from_hex(revision).ok() && info.commit != revision) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: asked for commit {}, it answers with {}", what, revision, info.commit), ""};
  }
  return info;
}

Result<std::vector<SnapshotFile>> Hub::list_files(const ModelRef& ref, const RepoInfo& info) {
  HubQuestion question = make_question(root_, options_, ref, info.commit);
  question.repo = info.id;
  const std::string what = fmt::format("the list of files of {}", repo_for_people(ref.repo_type, info.id));
  std::string address = fmt::format("{}/api/{}/{}/tree/{}?recursive=true&expand=false", root_,
                                    api_name(ref.repo_type), info.id, info.commit);
  std::set<std::string> seen;
  TreeListing listing;
  uint64_t bytes = 0;
  while (true) {
    if (!seen.insert(address).second) {
      return Error{ErrorKind::kCorrupt, what + ": its pages go in a circle", ""};
    }
    if (seen.size() > limits::kHubPagesMax) {
      return Error{ErrorKind::kLimit, fmt::format("{}: more than {} pages", what, limits::kHubPagesMax), ""};
    }
    PANNIER_ASSIGN(const HttpAnswer answer, ask(address, limits::kHubPageBytesMax));
    if (answer.head.status != 200) return hub_error(question, answer.head, answer.body);
    bytes += answer.body.size();
    if (bytes > limits::kHubListingBytesMax) {
      return Error{ErrorKind::kLimit,
                   fmt::format("{}: more than {}", what, human_bytes(limits::kHubListingBytesMax)), ""};
    }
    PANNIER_TRY(listing.add_page(answer.body, what));
    const std::string next = next_link(answer.head.header("Link"));
    if (next.empty()) return listing.take();
    PANNIER_ASSIGN(const Url base, parse_url(address));
    const auto next_url = resolve_url(base, next);
    if (!next_url.ok() || next_url->origin() != origin_) {
      return Error{ErrorKind::kUntrusted,
                   fmt::format("{}: the next page is said to be at \"{}\", not on {}", what,
                               for_message(next), origin_),
                   ""};
    }
    address = next_url->text();
  }
}

Result<Snapshot> Hub::snapshot(const ModelRef& ref) {
  assert(ref.kind == RefKind::kHub);
  PANNIER_TRY(check_repo_id(ref.repo));
  const std::string revision = ref.revision.empty() ? "main" : ref.revision;
  PANNIER_TRY(check_revision(revision));
  PANNIER_ASSIGN(RepoInfo info, repo_info(ref, revision));
  Snapshot snapshot;
  PANNIER_ASSIGN(snapshot.files, list_files(ref, info));
  snapshot.ref = ref;
  snapshot.repo = info.id;
  snapshot.commit = info.commit;
  snapshot.revision = revision;
  snapshot.name = far_side_name(ref.repo_type, info.id, ref.revision, info.commit);
  if (ref.repo != info.id) {
    snapshot.aliases.push_back(far_side_name(ref.repo_type, ref.repo, ref.revision, info.commit));
  }
  snapshot.licence = std::move(info.licence);
  snapshot.gated = std::move(info.gated);
  snapshot.pipeline_tag = std::move(info.pipeline_tag);
  snapshot.library = std::move(info.library);
  snapshot.last_modified = std::move(info.last_modified);
  snapshot.is_private = info.is_private;
  snapshot.tags = std::move(info.tags);
  snapshot.source = repo_page(root_, ref.repo_type, snapshot.repo);
  for (SnapshotFile& file : snapshot.files) {
    file.url = repo_file_address(snapshot.source, snapshot.commit, file.path);
  }
  if (snapshot.files.empty()) {
    snapshot.warnings.push_back(repo_for_people(ref.repo_type, snapshot.repo) + " holds no files");
  }
  PANNIER_ASSIGN(const Url endpoint, parse_url(root_));
  if (endpoint.scheme == "http" && !options_.token.empty() && !is_this_machine(endpoint.host)) {
    snapshot.warnings.push_back("the token went to " + root_ + " without encryption");
  }
  return snapshot;
}

Result<std::string> Hub::small_file(const Snapshot& snapshot, const SnapshotFile& file, uint64_t bytes_max) {
  const std::string what = for_message(snapshot.repo) + ": " + for_message(file.path);
  if (file.bytes > bytes_max) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{} has {} bytes; at most {} are read of such a file", what, file.bytes, bytes_max), ""};
  }
  HttpRequest request;
  PANNIER_ASSIGN(request.url, parse_url(file.url));
  if (request.url.origin() == origin_) request.headers = headers();
  request.headers.push_back({"Accept-Encoding", "identity"});
  Error failure;
  for (int tries = 0; tries < 2; ++tries) {
    // An error's page may be longer than the file is.
    const uint64_t answer_bytes_max = std::max(file.bytes, kErrorPageBytesMax);
    auto answer = get_small(*client_, request, answer_bytes_max, options_.retry, nullptr);
    if (!answer.ok() && answer.error().kind == ErrorKind::kLimit) {
      failure = more_than_listed(what, file.bytes);
      continue;
    }
    if (!answer.ok()) return with_context(std::move(answer).error(), what);
    if (answer->head.status != 200) {
      return hub_error(question(snapshot, file.path), answer->head, answer->body);
    }
    if (answer->body.size() > file.bytes) {
      failure = more_than_listed(what, file.bytes);
      continue;
    }
    if (answer->body.size() == file.bytes && contents_match(file.id, answer->body)) {
      return std::move(answer->body);
    }
    failure = {ErrorKind::kCorrupt, what + ": the hub sends other contents than its listing says", ""};
  }
  failure.hint = "a proxy or mirror in between may be at fault; try again, or from another network";
  return failure;
}

}  // namespace pannier

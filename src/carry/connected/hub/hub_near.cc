// Near misses: what a user may have meant when the hub knows no such repository or revision.
#include <fmt/core.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/display.h"
#include "base/limits.h"
#include "carry/connected/hub/hub.h"
#include "carry/store/near_names.h"

namespace pannier {
namespace {

constexpr uint64_t kAnswerBytesMax = 4 * limits::kMiB;
constexpr size_t kNamesShownMax = 3;
constexpr size_t kNamesComparedMax = 1'000;
constexpr size_t kNameBytesMax = 200;
constexpr size_t kDistanceMax = 3;

std::string_view last_part(std::string_view repo) {
  const size_t slash = repo.rfind('/');
  return slash == std::string_view::npos ? repo : repo.substr(slash + 1);
}

// The nearest of `names`, "a, b, c"; empty where none is near.
std::string nearest(std::string_view wanted, const std::vector<std::string>& names) {
  std::vector<std::pair<size_t, std::string>> near;
  for (size_t i = 0; i < std::min(names.size(), kNamesComparedMax); ++i) {
    if (names[i].size() > kNameBytesMax) continue;
    const size_t distance =
        std::min(edit_distance(wanted, names[i]), edit_distance(last_part(wanted), last_part(names[i])));
    if (distance <= kDistanceMax) near.emplace_back(distance, names[i]);
  }
  std::sort(near.begin(), near.end());
  std::string out;
  for (size_t i = 0; i < std::min(near.size(), kNamesShownMax); ++i) {
    out += (i == 0 ? "" : ", ") + for_message(near[i].second);
  }
  return out;
}

void add_names(JsonValue list, std::string_view key, std::vector<std::string>& names) {
  for (const JsonValue entry : list.elements()) {
    if (const auto name = entry[key].as_string()) names.emplace_back(*name);
  }
}

}  // namespace

// One try, no waiting: a hint is not worth more. Any failure only means that there is none.
Result<JsonDocument> Hub::ask_once(const std::string& address) {
  HttpRequest request;
  PANNIER_ASSIGN(request.url, parse_url(address));
  request.headers = headers();
  request.headers.push_back({"Accept", "application/json"});
  RetryPolicy once = options_.retry;
  once.tries_max = 1;
  std::vector<RedirectStep> chain;
  PANNIER_ASSIGN(HttpAnswer answer, get_small(*client_, request, kAnswerBytesMax, once, &chain));
  if (answer.head.status != 200) return Error{ErrorKind::kNotFound, "no answer", ""};
  return JsonDocument::parse(std::move(answer.body), "the hub's answer");
}

std::string Hub::near_repo_hint(const HubQuestion& question, const std::string& otherwise) {
  const bool is_model = question.type == RepoType::kModel;
  const auto other =
      ask_once(fmt::format("{}/api/{}/{}", root_, is_model ? "datasets" : "models", question.repo));
  if (other.ok() && other->root()["id"].is_string()) {
    return is_model ? "there is a data set of that name: datasets/" + question.repo
                    : "there is a model of that name: " + question.repo;
  }
  // Those of the same owner, then those that have the name in theirs.
  std::vector<std::string> questions = {"search=" + percent_encode(last_part(question.repo), false)};
  const size_t slash = question.repo.find('/');
  if (slash != std::string::npos)
    questions.insert(questions.begin(), "author=" + question.repo.substr(0, slash));
  for (const std::string& asked : questions) {
    const auto found =
        ask_once(fmt::format("{}/api/{}?{}&limit=100", root_, is_model ? "models" : "datasets", asked));
    if (!found.ok()) continue;
    std::vector<std::string> names;
    add_names(found->root(), "id", names);
    const std::string near = nearest(question.repo, names);
    if (!near.empty()) return fmt::format("did you mean {}? Otherwise {}", near, otherwise);
  }
  return otherwise;
}

std::string Hub::near_revision_hint(const HubQuestion& question, const std::string& otherwise) {
  const auto refs = ask_once(fmt::format(
      "{}/api/{}/{}/refs", root_, question.type == RepoType::kModel ? "models" : "datasets", question.repo));
  if (!refs.ok()) return otherwise;
  std::vector<std::string> names;
  add_names(refs->root()["branches"], "name", names);
  add_names(refs->root()["tags"], "name", names);
  const std::string near = nearest(question.revision, names);
  return near.empty() ? otherwise : fmt::format("did you mean {}? Otherwise {}", near, otherwise);
}

}  // namespace pannier

#include "net/client/retry.h"

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

#include "base/display.h"

namespace pannier {
namespace {

constexpr uint32_t kRedirectsMax = 10;
// The body of a redirect is a line for people. More than this is not read; the connection is dropped.
constexpr uint64_t kRedirectBodyBytesMax = 64 * 1024;
constexpr std::chrono::milliseconds kCancelInterval{100};

bool is_redirect(const HttpHead& head) {
  switch (head.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308:
      return head.has("Location");
    default:
      return false;
  }
}

bool names_secret(const std::string& name) {
  return equal_without_case(name, "Authorization") || equal_without_case(name, "Cookie");
}

// Hands the final answer on and keeps a redirect to itself.
class RedirectSink : public HttpSink {
 public:
  RedirectSink(HttpSink& final, bool follows) : final_(final), follows_(follows) {}

  Status head(const HttpHead& head) override {
    head_ = head;
    redirected_ = follows_ && is_redirect(head);
    return redirected_ ? Status{} : final_.head(head);
  }

  Status bytes(ByteSpan bytes) override {
    if (!redirected_) return final_.bytes(bytes);
    discarded_bytes_ += bytes.size();
    if (discarded_bytes_ <= kRedirectBodyBytesMax) return {};
    cut_ = true;
    return Error{ErrorKind::kLimit, "a redirect with a long body", ""};
  }

  const HttpHead& head() const { return head_; }
  bool redirected() const { return redirected_; }
  // The exchange failed only because we had read enough of a redirect's body.
  bool cut() const { return cut_; }

 private:
  HttpSink& final_;
  bool follows_;
  HttpHead head_;
  bool redirected_ = false;
  bool cut_ = false;
  uint64_t discarded_bytes_ = 0;
};

Result<Url> redirect_target(const Url& from, const HttpHead& head) {
  Result<Url> target = resolve_url(from, head.header("Location"));
  if (!target.ok()) {
    return Error{
        ErrorKind::kCorrupt,
        from.text_without_query() + " redirects to an address that is none: " + target.error().message, ""};
  }
  if (from.scheme == "https" && target->scheme != "https") {
    return Error{ErrorKind::kUntrusted,
                 from.text_without_query() + " redirects to " + for_message(target->text_without_query()) +
                     ", which is not encrypted",
                 "an answer that was asked for over https is not taken over http"};
  }
  return target;
}

// A client that follows redirects, for those who know only HttpClient.
class FollowingClient : public HttpClient {
 public:
  FollowingClient(HttpClient& client, std::vector<RedirectStep>* chain) : client_(client), chain_(chain) {}
  Status send(const HttpRequest& request, HttpSink& sink) override {
    return send_following(client_, request, sink, chain_);
  }

 private:
  HttpClient& client_;
  std::vector<RedirectStep>* chain_;
};

Status interrupted() { return Error{ErrorKind::kInterrupted, "interrupted", ""}; }

Status wait(const RetryPolicy& policy, std::chrono::milliseconds time) {
  if (policy.wait) return policy.wait(time);
  const auto end = std::chrono::steady_clock::now() + time;
  while (true) {
    if (policy.cancel != nullptr && policy.cancel->load()) return interrupted();
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) return {};
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kCancelInterval));
  }
}

// How long to wait after this answer before the next try; none: it is final.
std::optional<std::chrono::milliseconds> wait_after(const Result<HttpAnswer>& answer, uint32_t tries,
                                                    const RetryPolicy& policy) {
  if (tries >= policy.tries_max) return std::nullopt;
  const std::chrono::milliseconds wait = backoff(policy, tries);
  if (!answer.ok()) {
    return answer.error().kind == ErrorKind::kNetwork ? std::optional(wait) : std::nullopt;
  }
  if (!is_transient_status(answer->head.status)) return std::nullopt;
  const auto asked = retry_after(answer->head);
  if (!asked) return wait;
  if (*asked > policy.retry_after_max) return std::nullopt;
  return std::max(*asked, wait);
}

Result<HttpAnswer> retried(const RetryPolicy& policy, const std::function<Result<HttpAnswer>()>& send) {
  for (uint32_t tries = 1;; ++tries) {
    Result<HttpAnswer> answer = send();
    const auto time = wait_after(answer, tries, policy);
    if (!time) {
      if (answer.ok() || tries == 1) return answer;
      Error error = std::move(answer).error();
      error.message += " (tried " + std::to_string(tries) + " times)";
      return error;
    }
    PANNIER_TRY(wait(policy, *time));
  }
}

}  // namespace

std::chrono::milliseconds backoff(const RetryPolicy& policy, uint32_t tries) {
  std::chrono::milliseconds time = policy.first_wait;
  for (uint32_t i = 1; i < tries && time < policy.longest_wait; ++i) time *= 2;
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto percent = std::uniform_int_distribution<int>(80, 120)(random);
  return std::min(time, policy.longest_wait) * percent / 100;
}

bool is_transient_status(int status) {
  switch (status) {
    case 408:
    case 425:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return false;
  }
}

std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head) {
  const std::string_view text = head.header("Retry-After");
  uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || end != text.data() + text.size()) return std::nullopt;
  // More seconds than fit are as good as "never".
  if (error == std::errc::result_out_of_range) return std::chrono::hours{24 * 365};
  if (error != std::errc()) return std::nullopt;
  return std::chrono::seconds{seconds};
}

Result<HttpAnswer> send_with_retries(HttpClient& client, const HttpRequest& request, uint64_t bytes_max,
                                     const RetryPolicy& policy) {
  return retried(policy, [&] { return send_small(client, request, bytes_max); });
}

Status send_following(HttpClient& client, HttpRequest request, HttpSink& sink,
                      std::vector<RedirectStep>* chain) {
  const std::string first_origin = request.url.origin();
  const std::vector<HttpHeader> all_headers = request.headers;
  const bool follows = request.method == "GET" || request.method == "HEAD";
  for (uint32_t redirects = 0;; ++redirects) {
    RedirectSink step(sink, follows);
    Status status = client.send(request, step);
    if (!status.ok() && !step.cut()) return status;
    if (chain != nullptr) chain->push_back({request.url, step.head()});
    if (!step.redirected()) return {};
    if (redirects == kRedirectsMax) {
      return Error{ErrorKind::kLimit,
                   request.url.text_without_query() + " redirects once more after " +
                       std::to_string(kRedirectsMax) + " redirects",
                   "the server may be sending us in a circle"};
    }
    PANNIER_ASSIGN(request.url, redirect_target(request.url, step.head()));
    request.headers = all_headers;
    if (request.url.origin() != first_origin) {
      std::erase_if(request.headers, [](const HttpHeader& header) { return names_secret(header.name); });
    }
  }
}

Result<HttpAnswer> get_small(HttpClient& client, const HttpRequest& request, uint64_t bytes_max,
                             const RetryPolicy& policy, std::vector<RedirectStep>* chain) {
  FollowingClient following(client, chain);
  return retried(policy, [&] {
    if (chain != nullptr) chain->clear();
    return send_small(following, request, bytes_max);
  });
}

}  // namespace pannier

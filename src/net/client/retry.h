// What HTTP leaves to the caller: following redirects without giving a token away, and trying again.
#pragma once

#include <chrono>
#include <functional>

#include "net/client/http.h"

namespace pannier {

struct RetryPolicy {
  uint32_t tries_max = 6;                     // the first included
  std::chrono::milliseconds first_wait{500};  // doubled each time, with jitter of ±20 %
  std::chrono::milliseconds longest_wait{30'000};
  std::chrono::milliseconds retry_after_max{300'000};  // a longer Retry-After is not waited for
  // Waits, or returns kInterrupted; tests pass one that only counts. Empty: really sleeps (and watches
  // the client's cancel flag).
  std::function<Status(std::chrono::milliseconds)> wait;
  const std::atomic<bool>* cancel = nullptr;
};

// 408, 425, 429, 500, 502, 503, 504: the same request may succeed later.
bool is_transient_status(int status);
// Seconds, or an HTTP date is not understood and gives nullopt. Source: RFC 9110, 10.2.3.
std::optional<std::chrono::milliseconds> retry_after(const HttpHead& head);

// How long to wait before the next try after so many: doubled each time up to longest_wait, ±20 % so that
// many that failed together do not come back together.
std::chrono::milliseconds backoff(const RetryPolicy& policy, uint32_t tries);

// Sends up to tries_max times while the failure is kNetwork or a transient status, waiting in between
// (Retry-After honoured). The last answer is returned whatever its status; the last error with the count
// of tries.
Result<HttpAnswer> send_with_retries(HttpClient& client, const HttpRequest& request, uint64_t bytes_max,
                                     const RetryPolicy& policy);

// Follows up to 10 redirects (301, 302, 303, 307, 308) of GET and HEAD. Authorization and Cookie go only
// to the origin of the first request; https never leads to http (kUntrusted). `chain` (may be null) gets
// every head on the way with the address that sent it, the final one included.
struct RedirectStep {
  Url url;
  HttpHead head;
};
Status send_following(HttpClient& client, HttpRequest request, HttpSink& sink,
                      std::vector<RedirectStep>* chain);
// Both together, for small answers; `chain` as above.
Result<HttpAnswer> get_small(HttpClient& client, const HttpRequest& request, uint64_t bytes_max,
                             const RetryPolicy& policy, std::vector<RedirectStep>* chain);

}  // namespace pannier

// Exchange: one request for a part of a file, its redirects, and the answer put into its blocks.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "carry/connected/download/block_writer.h"
#include "carry/connected/download/download.h"

namespace pannier {

// What answers so far taught about where a file comes from.
struct DownloadSource {
  std::optional<Url> resolved;    // where redirects led: asked directly from then on
  std::string etag;               // strong; empty: none seen
  std::string etag_origin;        // who said so
  bool whole_only = false;        // the server gives the whole file or nothing
  std::string whole_only_origin;  // whose other files come like that too; empty: only this one does
};

enum class ExchangeEnd {
  kDone,       // the writer has all it wanted
  kTransient,  // try again, later
  kExpired,    // ask the original address again, at once
  kWholeOnly,  // no ranges there, and another connection takes the whole file: leave it
  kFailed,     // trying again cannot mend it
};

struct ExchangeResult {
  ExchangeEnd end = ExchangeEnd::kDone;
  Error error;                                           // unless done or whole_only
  std::optional<std::chrono::milliseconds> retry_after;  // where the server named a time
  uint64_t bytes_received = 0;
  std::chrono::nanoseconds waited{0};    // for the head
  std::chrono::nanoseconds streamed{0};  // from the head to the end
};

class Exchange : private HttpSink {
 public:
  struct Hooks {
    // The server answered: what is known by now. An error ends the exchange with it (kFailed).
    std::function<Status(const DownloadSource& learned)> learned;
    // Whether this exchange may take the whole file although it asked for a range.
    std::function<bool()> may_take_whole;
    // After each piece. An error ends the exchange with it.
    std::function<Status(uint64_t bytes)> received;
  };

  // All must outlive the exchange.
  Exchange(HttpClient& client, const DownloadItem& item, DownloadSource source, BlockWriter& writer,
           const Hooks& hooks);

  // Once.
  ExchangeResult run();

 private:
  Status head(const HttpHead& head) override;
  Status bytes(ByteSpan bytes) override;

  HttpRequest make_request() const;
  Result<Url> answering_url() const;
  Status judge(const HttpHead& head);
  Status judge_etag(const HttpHead& head);
  Status judge_range(const HttpHead& head);
  Status judge_whole(const HttpHead& head);
  Status judge_size(uint64_t bytes);
  Status end_with(ExchangeEnd end, Error error);
  void judge_end(const Status& status);

  HttpClient& client_;
  const DownloadItem& item_;
  DownloadSource source_;
  BlockWriter& writer_;
  const Hooks& hooks_;

  const bool asks_resolved_;  // not the item's own address
  const bool asks_range_;
  std::vector<RedirectStep> chain_;
  Url from_;  // who gave the final answer
  ExchangeResult result_;
  bool ended_ = false;  // by our own judgement, not by the client
  bool was_decoded_ = false;
  uint64_t answer_bytes_ = 0;  // as many bytes as the answer is to have
  // Of an answer of another size: enough to tell whether it is a Git LFS pointer.
  std::optional<uint64_t> other_size_;
  std::string beginning_;
  std::chrono::steady_clock::time_point head_time_;
};

}  // namespace pannier

#include "carry/connected/download/exchange.h"

#include <fmt/core.h>

#include <algorithm>
#include <cassert>

#include "carry/connected/download/answer_check.h"

namespace pannier {
namespace {

// A file of one block is asked for as a whole, as the simplest servers have it; a larger one in ranges, also
// where one request is enough: storage hosts refuse more than 50 GB without a range.
bool wants_range(const DownloadSource& source, const BlockWriter& writer, const DownloadItem& item,
                 uint64_t block_bytes) {
  if (source.whole_only) return false;
  return writer.position() != 0 || writer.end() != item.bytes || item.bytes > block_bytes;
}

}  // namespace

Exchange::Exchange(HttpClient& client, const DownloadItem& item, DownloadSource source, BlockWriter& writer,
                   const Hooks& hooks)
    : client_(client),
      item_(item),
      source_(std::move(source)),
      writer_(writer),
      hooks_(hooks),
      asks_resolved_(source_.resolved.has_value()),
      asks_range_(wants_range(source_, writer, item, writer.block_bytes())) {}

ExchangeResult Exchange::run() {
  const HttpRequest request = make_request();
  from_ = request.url;
  const auto begin = std::chrono::steady_clock::now();
  head_time_ = begin;
  const Status status = send_following(client_, request, *this, &chain_);
  result_.waited = head_time_ - begin;
  result_.streamed = std::chrono::steady_clock::now() - head_time_;
  if (!ended_) judge_end(status);
  return std::move(result_);
}

HttpRequest Exchange::make_request() const {
  HttpRequest request;
  request.url = source_.resolved.value_or(item_.url);
  const bool is_own_origin = request.url.origin() == item_.url.origin();
  for (const HttpHeader& header : item_.headers) {
    HttpHead one;
    one.headers.push_back({header.name, ""});
    const bool is_secret = one.has("Authorization") || one.has("Cookie");
    if (is_own_origin || !is_secret) request.headers.push_back(header);
  }
  request.headers.push_back({"Accept-Encoding", "identity"});
  if (asks_range_) {
    request.headers.push_back({"Range", fmt::format("bytes={}-{}", writer_.position(), writer_.end() - 1)});
  }
  return request;
}

// send_following puts a step into the chain once it is over: the final one is missing yet.
Result<Url> Exchange::answering_url() const {
  if (chain_.empty()) return source_.resolved.value_or(item_.url);
  return resolve_url(chain_.back().url, chain_.back().head.header("Location"));
}

Status Exchange::end_with(ExchangeEnd end, Error error) {
  ended_ = true;
  result_.end = end;
  result_.error = error;
  return error;
}

Status Exchange::head(const HttpHead& head) {
  head_time_ = std::chrono::steady_clock::now();
  PANNIER_ASSIGN(from_, answering_url());
  Status judged = judge(head);
  if (!judged.ok() && !ended_) return end_with(ExchangeEnd::kFailed, std::move(judged).error());
  return judged;
}

Status Exchange::judge(const HttpHead& head) {
  // The Hub's own words are in its redirects, and in the final answer where there was none.
  for (const RedirectStep& step : chain_) PANNIER_TRY(check_identity(item_, step.head));
  const bool is_success = head.status == 200 || head.status == 206;
  if (!is_success) {
    const bool is_transient = is_transient_status(head.status);
    if (is_transient) result_.retry_after = retry_after(head);
    Error error = refusal(item_, head, from_);
    if (asks_resolved_ && !is_transient && head.status >= 400 && head.status < 500) {
      return end_with(ExchangeEnd::kExpired, std::move(error));
    }
    return end_with(is_transient ? ExchangeEnd::kTransient : ExchangeEnd::kFailed, std::move(error));
  }
  PANNIER_TRY(check_identity(item_, head));
  PANNIER_TRY(judge_etag(head));
  if (!chain_.empty()) source_.resolved = from_;
  // The client takes these two away from an answer that it decodes.
  was_decoded_ = !head.has("Content-Length") || head.has("Content-Encoding");
  PANNIER_TRY(head.status == 206 ? judge_range(head) : judge_whole(head));
  return hooks_.learned(source_);
}

Status Exchange::judge_etag(const HttpHead& head) {
  std::string etag = strong_etag(head);
  if (etag.empty()) return {};
  if (source_.etag_origin == from_.origin() && source_.etag != etag) {
    return Error{ErrorKind::kStale,
                 item_.label + " changed upstream while it was fetched: " + address_for_message(from_) +
                     " gives another ETag than before",
                 "run the command again"};
  }
  source_.etag = std::move(etag);
  source_.etag_origin = from_.origin();
  return {};
}

Status Exchange::judge_range(const HttpHead& head) {
  const auto range = parse_content_range(head.header("Content-Range"));
  const auto wrong = [&](const std::string& what) {
    return Error{ErrorKind::kCorrupt,
                 fmt::format("{}: {} was asked for bytes {} to {} and {}", item_.label,
                             address_for_message(from_), writer_.position(), writer_.end() - 1, what),
                 "that server, or a proxy before it, does not do ranges right; try another mirror"};
  };
  if (!asks_range_) return wrong("answered with a part although the whole was asked for");
  if (!range) return wrong("answered without a valid Content-Range");
  if (range->total && *range->total != item_.bytes) {
    // A coded answer counts coded bytes.
    if (was_decoded_) {
      source_.whole_only = true;
      PANNIER_TRY(hooks_.learned(source_));
      return end_with(ExchangeEnd::kWholeOnly, {});
    }
    return judge_size(*range->total);
  }
  if (range->first != writer_.position() || range->last != writer_.end() - 1) {
    return wrong(fmt::format("answered with {} to {}", range->first, range->last));
  }
  answer_bytes_ = writer_.end() - writer_.position();
  const auto announced = parse_decimal(head.header("Content-Length"));
  if (announced && *announced != answer_bytes_) return wrong(fmt::format("sends {} bytes", *announced));
  return {};
}

Status Exchange::judge_whole(const HttpHead& head) {
  const auto announced = parse_decimal(head.header("Content-Length"));
  if (announced && *announced != item_.bytes) return judge_size(*announced);
  if (asks_range_) {
    source_.whole_only = true;
    if (!was_decoded_) source_.whole_only_origin = from_.origin();
    PANNIER_TRY(hooks_.learned(source_));
    if (!hooks_.may_take_whole()) return end_with(ExchangeEnd::kWholeOnly, {});
  }
  if (asks_range_ || source_.whole_only || writer_.position() != 0) writer_.restart_whole();
  answer_bytes_ = item_.bytes;
  return {};
}

// Of a short answer that begins at the file's beginning, what it says is read before it is judged.
Status Exchange::judge_size(uint64_t bytes) {
  if (bytes > kLfsPointerBytesMax || writer_.position() != 0) {
    return size_differs(item_, bytes, from_);
  }
  other_size_ = bytes;
  return {};
}

Status Exchange::bytes(ByteSpan bytes) {
  result_.bytes_received += bytes.size();
  const uint64_t beginning_missing = kLfsPointerBytesMax - beginning_.size();
  if (result_.bytes_received <= kLfsPointerBytesMax) {
    beginning_ +=
        as_text(bytes.first(static_cast<size_t>(std::min<uint64_t>(bytes.size(), beginning_missing))));
  }
  if (other_size_) {
    if (result_.bytes_received <= *other_size_) return {};
    return end_with(ExchangeEnd::kFailed, size_differs(item_, result_.bytes_received, from_));
  }
  if (result_.bytes_received > answer_bytes_) {
    return end_with(ExchangeEnd::kFailed,
                    Error{ErrorKind::kCorrupt,
                          fmt::format("{}: {} sends more than the {} bytes it was asked for", item_.label,
                                      address_for_message(from_), answer_bytes_),
                          "try another mirror"});
  }
  Status status = writer_.write(bytes);
  if (status.ok()) status = hooks_.received(bytes.size());
  if (!status.ok()) return end_with(ExchangeEnd::kFailed, std::move(status).error());
  if (writer_.is_done() && result_.bytes_received < answer_bytes_) return end_with(ExchangeEnd::kDone, {});
  return {};
}

// The exchange is over, and nothing was wrong with what came.
void Exchange::judge_end(const Status& status) {
  if (other_size_) {
    result_.end = ExchangeEnd::kFailed;
    result_.error = begins_as_lfs_pointer(beginning_) ? is_lfs_pointer(item_, from_)
                                                      : size_differs(item_, *other_size_, from_);
    return;
  }
  if (status.ok() && writer_.is_done()) return;
  if (!status.ok()) {
    const bool is_network = status.error().kind == ErrorKind::kNetwork;
    result_.end = is_network ? ExchangeEnd::kTransient : ExchangeEnd::kFailed;
    result_.error = with_context(status.error(), item_.label);
    return;
  }
  // A clean end, too early: of the whole file that is its size, of a range a dropped link.
  const bool is_whole = answer_bytes_ == item_.bytes && result_.bytes_received < answer_bytes_;
  if (is_whole && begins_as_lfs_pointer(beginning_)) {
    result_.end = ExchangeEnd::kFailed;
    result_.error = is_lfs_pointer(item_, from_);
    return;
  }
  result_.end = ExchangeEnd::kTransient;
  result_.error = Error{ErrorKind::kNetwork,
                        fmt::format("{}: {} ended after {} of {} bytes", item_.label,
                                    address_for_message(from_), result_.bytes_received, answer_bytes_),
                        "what was fetched is kept; run it again to go on"};
}

}  // namespace pannier

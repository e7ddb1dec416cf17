// Any bytes as the head of an answer to a download: ranges that are accepted make sense, and messages show
// nothing that a terminal would act upon.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "carry/connected/download/answer_check.h"

namespace {

using namespace pannier;

// The input's lines are the values of these, in this order.
constexpr const char* kNames[] = {"Content-Range", "ETag",         "X-Repo-Commit",   "X-Linked-ETag",
                                  "X-Linked-Size", "X-Error-Code", "X-Error-Message", "Content-Length"};

HttpHead head_of(std::string_view text) {
  HttpHead head;
  for (const char* name : kNames) {
    const size_t end = std::min(text.find('\n'), text.size());
    head.headers.push_back({name, std::string(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return head;
}

void expect_displayable(const Error& error) {
  for (const char c : error.to_string()) {
    if (static_cast<unsigned char>(c) < 32 && c != '\n') std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  HttpHead head = head_of(as_text(ByteSpan(data + 1, size - 1)));
  head.status = 400 + data[0] % 120;
  if (const auto range = parse_content_range(head.header("Content-Range"))) {
    if (range->first > range->last) std::abort();
    if (range->total && range->last >= *range->total) std::abort();
  }
  DownloadItem item;
  item.label = "label";
  item.url = {"https", "hub.test", 443, "/x?secret"};
  item.bytes = 100;
  item.id.sha256 = sha256("x");
  item.id.git_blob = Sha1{};
  item.commit = "c1";
  if (const Status status = check_identity(item, head); !status.ok()) {
    if (status.error().kind != ErrorKind::kStale) std::abort();
    expect_displayable(status.error());
  }
  const Error error = refusal(item, head, item.url);
  if (error.to_string().find("secret") != std::string::npos &&
      head.header("X-Error-Message").find("secret") == std::string_view::npos &&
      head.header("X-Error-Code").find("secret") == std::string_view::npos) {
    std::abort();
  }
  expect_displayable(error);
  return 0;
}

// Any bytes as an address and a reference beside it: what is accepted is safe to send and means the same
// when it is read again.
#include <cstdlib>
#include <string_view>

#include "base/limits.h"
#include "net/client/proxy.h"
#include "net/client/url.h"

namespace {

void check(const pannier::Url& url) {
  const std::string text = url.text();
  if (text.size() > pannier::limits::kUrlBytesMax || url.target.empty() || url.target[0] != '/') std::abort();
  for (const char c : text) {
    if (c <= ' ' || c == 0x7F || c == '#') std::abort();  // also what is no ASCII: char is signed here
  }
  const auto again = pannier::parse_url(text);
  if (!again.ok() || !(*again == url)) std::abort();
  if (!pannier::parse_url(url.origin()).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static_assert(static_cast<char>(0x80) < 0);
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  const std::string_view reference = end == std::string_view::npos ? "" : text.substr(end + 1);
  (void)pannier::parse_proxy(text);
  const auto url = pannier::parse_url(text.substr(0, end));
  if (!url.ok()) return 0;
  check(*url);
  if (const auto resolved = pannier::resolve_url(*url, reference); resolved.ok()) check(*resolved);
  (void)pannier::bypasses_proxy(*url, reference);
  return 0;
}

// Url: an absolute http or https address, taken apart and checked.
// Source: RFC 3986, as far as these two schemes need it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace pannier {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; an IPv6 address without its brackets
  uint16_t port = 0;   // the scheme's own where the address gives none
  std::string target;  // path and query as they go on the wire: "/a%20b?c=d"; "/" at least

  // "https://host:port" without a default port: what decides who may see a token.
  std::string origin() const;
  std::string text() const;
  // For messages: without the query, where storage hosts put the signature that opens a file.
  std::string text_without_query() const;

  friend bool operator==(const Url&, const Url&) = default;
};

// kInvalid: no scheme, another scheme, user information, control characters, spaces, a bad port, more
// than limits::kUrlBytesMax. A fragment is dropped.
Result<Url> parse_url(std::string_view text);
// What a Location or Link header (absolute, "//host/…", "/path", "path", "?query") means beside `base`.
Result<Url> resolve_url(const Url& base, std::string_view reference);
// Percent-encodes everything but unreserved characters and, where asked, '/'.
std::string percent_encode(std::string_view text, bool keep_slash);

}  // namespace pannier

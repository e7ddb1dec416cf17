#include "net/client/url.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

#include "base/display.h"
#include "base/limits.h"

namespace pannier {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) { return lower(c); });
  return result;
}

Error bad_url(std::string_view text, const std::string& why) {
  return Error{ErrorKind::kInvalid, "the address \"" + for_message(text) + "\" " + why,
               "an address looks like https://host/path"};
}

void append_percent(std::string& out, char c) {
  constexpr char kHex[] = "0123456789ABCDEF";
  out += '%';
  out += kHex[static_cast<unsigned char>(c) >> 4];
  out += kHex[static_cast<unsigned char>(c) & 15];
}

// The scheme before the first ':' in lower case; none where the text begins otherwise (RFC 3986, 3.1).
std::optional<std::string> scheme_of(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(text[0])) return std::nullopt;
  const std::string_view scheme = text.substr(0, colon);
  const bool is_scheme = std::all_of(scheme.begin(), scheme.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
  return is_scheme ? std::optional(lower(scheme)) : std::nullopt;
}

// Lengths and characters that no address has.
Status check_characters(std::string_view text) {
  if (text.size() > limits::kUrlBytesMax) {
    return Error{ErrorKind::kInvalid,
                 "an address of " + std::to_string(text.size()) + " bytes: at most " +
                     std::to_string(limits::kUrlBytesMax) + " are taken",
                 ""};
  }
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      return bad_url(text, "has a space or a control character");
    }
  }
  return {};
}

bool is_address(int family, const std::string& text) {
  unsigned char bytes[16];
  return ::inet_pton(family, text.c_str(), bytes) == 1;
}

// The name or address itself, without a port.
Status check_host(std::string_view text, const std::string& host, bool bracketed) {
  if (bracketed) {
    if (is_address(AF_INET6, host)) return {};
    return bad_url(text, "has no IPv6 address in its brackets");
  }
  if (host.empty()) return bad_url(text, "names no host");
  if (host.size() > 253) return bad_url(text, "has a host name of more than 253 bytes");
  for (const char c : host) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return Error{ErrorKind::kInvalid,
                   "the address \"" + for_message(text) + "\" has a host name beyond ASCII",
                   "write the name in its xn-- form"};
    }
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.' && c != '_') {
      return bad_url(text, std::string("has '") + c + "' in its host name");
    }
  }
  // "..", ".a" and "a..b" are no names; one dot at the end is the root's.
  if (host[0] == '.' || host.find("..") != std::string::npos) {
    return bad_url(text, "has an empty label in its host name");
  }
  return {};
}

Result<uint16_t> parse_port(std::string_view text, std::string_view digits) {
  uint32_t port = 0;
  for (const char c : digits) {
    if (!is_digit(c) || digits.size() > 5) return bad_url(text, "has a bad port");
    port = port * 10 + static_cast<uint32_t>(c - '0');
  }
  if (port == 0 || port > 65'535) return bad_url(text, "has a bad port");
  return static_cast<uint16_t>(port);
}

// "host", "host:port", "[address]:port" into `url`. REQUIRES: url.scheme is set.
Status parse_authority(std::string_view text, std::string_view authority, Url& url) {
  if (authority.find('@') != std::string_view::npos) {
    return Error{ErrorKind::kInvalid, "the address holds a user name or password",
                 "give the address without what stands before its @; tokens go into a file"};
  }
  std::string_view host = authority;
  std::string_view rest;
  const bool bracketed = authority.starts_with('[');
  if (bracketed) {
    const size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad_url(text, "has a bracket that is not closed");
    host = authority.substr(1, end - 1);
    rest = authority.substr(end + 1);
    if (!rest.empty() && rest[0] != ':') return bad_url(text, "has something behind its bracket");
  } else if (const size_t colon = authority.find(':'); colon != std::string_view::npos) {
    host = authority.substr(0, colon);
    rest = authority.substr(colon);
  }
  url.host = lower(host);
  PANNIER_TRY(check_host(text, url.host, bracketed));
  url.port = url.scheme == "https" ? kHttpsPort : kHttpPort;
  if (rest.size() > 1) {
    PANNIER_ASSIGN(url.port, parse_port(text, rest.substr(1)));
  }
  return {};
}

// RFC 3986, 5.2.4. `path` begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  size_t at = 0;
  while (at < path.size()) {
    const size_t next = std::min(path.find('/', at + 1), path.size());
    const std::string_view segment = path.substr(at, next - at);  // with its leading '/'
    const bool last = next == path.size();
    if (segment == "/..") {
      out.resize(out.empty() ? 0 : out.rfind('/'));
      if (last) out += '/';
    } else if (segment == "/.") {
      if (last) out += '/';
    } else {
      out += segment;
    }
    at = next;
  }
  return out;
}

// Path and query as they go on the wire: without fragment and dot segments, and with the characters that
// no address may hold (RFC 3986, 2) percent-encoded, as every client does for addresses in the wild.
std::string wire_target(std::string_view path_and_query) {
  path_and_query = path_and_query.substr(0, path_and_query.find('#'));
  const size_t mark = std::min(path_and_query.find('?'), path_and_query.size());
  std::string path = remove_dot_segments(path_and_query.substr(0, mark));
  if (path.empty()) path = "/";
  path += path_and_query.substr(mark);
  std::string target;
  target.reserve(path.size());
  for (const char c : path) {
    const bool forbidden = static_cast<unsigned char>(c) >= 0x80 ||
                           std::string_view("\"<>\\^`{|}").find(c) != std::string_view::npos;
    if (forbidden) {
      append_percent(target, c);
    } else {
      target += c;
    }
  }
  return target;
}

Status set_target(std::string_view text, std::string_view path_and_query, Url& url) {
  url.target = wire_target(path_and_query);
  if (url.text().size() > limits::kUrlBytesMax) return bad_url(text, "is too long once it is encoded");
  return {};
}

}  // namespace

std::string Url::origin() const {
  std::string result = scheme + "://";
  const bool bracketed = host.find(':') != std::string::npos;
  result += bracketed ? "[" + host + "]" : host;
  if (port != (scheme == "https" ? kHttpsPort : kHttpPort)) result += ":" + std::to_string(port);
  return result;
}

std::string Url::text() const { return origin() + target; }

std::string Url::text_without_query() const { return origin() + target.substr(0, target.find('?')); }

Result<Url> parse_url(std::string_view text) {
  PANNIER_TRY(check_characters(text));
  const std::optional<std::string> scheme = scheme_of(text);
  if (!scheme) return bad_url(text, "has no scheme");
  if (*scheme != "http" && *scheme != "https") return bad_url(text, "is neither http nor https");
  const std::string_view rest = text.substr(scheme->size() + 1);
  if (!rest.starts_with("//")) return bad_url(text, "names no host");
  const size_t end = std::min(rest.find_first_of("/?#", 2), rest.size());
  Url url;
  url.scheme = *scheme;
  PANNIER_TRY(parse_authority(text, rest.substr(2, end - 2), url));
  PANNIER_TRY(set_target(text, rest.substr(end), url));
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  PANNIER_TRY(check_characters(reference));
  if (scheme_of(reference)) return parse_url(reference);
  if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
  reference = reference.substr(0, reference.find('#'));
  const std::string_view base_path = std::string_view(base.target).substr(0, base.target.find('?'));
  std::string target;
  if (reference.empty()) {
    target = base.target;
  } else if (reference[0] == '/') {
    target = reference;
  } else if (reference[0] == '?') {
    target = std::string(base_path) + std::string(reference);
  } else {
    target = std::string(base_path.substr(0, base_path.rfind('/') + 1)) + std::string(reference);
  }
  Url url = base;
  PANNIER_TRY(set_target(reference, target, url));
  return url;
}

std::string percent_encode(std::string_view text, bool keep_slash) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      out += c;
    } else {
      append_percent(out, c);
    }
  }
  return out;
}

}  // namespace pannier

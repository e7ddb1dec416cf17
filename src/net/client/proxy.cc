#include "net/client/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "base/display.h"
#include "net/client/http_client.h"

namespace pannier {
namespace {

constexpr const char* kProxyHint = "a proxy looks like http://proxy.example:3128";

std::string base64(std::string_view text) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((text.size() + 2) / 3 * 4);
  for (size_t i = 0; i < text.size(); i += 3) {
    const auto byte = [&](size_t j) {
      return j < text.size() ? static_cast<uint32_t>(static_cast<unsigned char>(text[j])) : 0U;
    };
    const uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += kAlphabet[bits >> 18];
    out += kAlphabet[bits >> 12 & 63];
    out += i + 1 < text.size() ? kAlphabet[bits >> 6 & 63] : '=';
    out += i + 2 < text.size() ? kAlphabet[bits & 63] : '=';
  }
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    uint8_t byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// An IPv4 or IPv6 address as bytes; how many, or 0 where it is none.
size_t address_bytes(std::string_view text, std::array<uint8_t, 16>& bytes) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string copy(text);
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return 4;
  return ::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1 ? 16 : 0;
}

// "10.0.0.0/8", "::1"; the whole address where no length is given.
bool in_range(const std::string& host, std::string_view range) {
  std::array<uint8_t, 16> address{};
  std::array<uint8_t, 16> network{};
  const size_t slash = std::min(range.find('/'), range.size());
  const size_t count = address_bytes(host, address);
  if (count == 0 || address_bytes(range.substr(0, slash), network) != count) return false;
  size_t bits = count * 8;
  if (slash < range.size()) {
    const char* const end = range.data() + range.size();
    const auto [stop, error] = std::from_chars(range.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits > count * 8) return false;
  }
  for (size_t i = 0; i < count && bits > 0; ++i) {
    const size_t here = std::min<size_t>(bits, 8);
    if (((address[i] ^ network[i]) & (0xFF00 >> here & 0xFF)) != 0) return false;
    bits -= here;
  }
  return true;
}

// ":8080" cut off the end of `entry`; 0 where there is none. An IPv6 address without brackets has none.
uint16_t cut_port(std::string_view& entry) {
  const size_t colon = entry.rfind(':');
  if (colon == std::string_view::npos) return 0;
  const bool bracketed = entry[colon > 0 ? colon - 1 : 0] == ']';
  if (!bracketed && entry.find(':') != colon) return 0;
  uint16_t port = 0;
  const char* const end = entry.data() + entry.size();
  const auto [stop, error] = std::from_chars(entry.data() + colon + 1, end, port);
  if (error != std::errc() || stop != end) return 0;
  entry = entry.substr(0, colon);
  return port;
}

bool name_matches(std::string_view host, std::string_view entry) {
  if (entry.starts_with("*.")) entry.remove_prefix(2);
  while (entry.starts_with('.')) entry.remove_prefix(1);
  while (entry.ends_with('.')) entry.remove_suffix(1);
  while (host.ends_with('.')) host.remove_suffix(1);
  if (entry.empty() || host.size() < entry.size()) return false;
  if (!equal_without_case(host.substr(host.size() - entry.size()), entry)) return false;
  return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

bool entry_matches(const Url& url, std::string_view entry) {
  if (entry == "*") return true;
  const uint16_t port = cut_port(entry);
  if (port != 0 && port != url.port) return false;
  std::array<uint8_t, 16> unused{};
  if (address_bytes(url.host, unused) != 0) return in_range(url.host, entry);
  return name_matches(url.host, entry);
}

std::string environment(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

void fill(std::string& option, std::initializer_list<const char*> names) {
  if (option.empty()) option = environment(names);
}

}  // namespace

Result<std::optional<Proxy>> parse_proxy(std::string_view text) {
  if (text.empty()) return std::optional<Proxy>();
  std::string_view rest = text;
  if (const size_t mark = text.find("://"); mark != std::string_view::npos) {
    const std::string_view scheme = text.substr(0, mark);
    if (!equal_without_case(scheme, "http")) {
      return Error{ErrorKind::kUnsupported, "a proxy of the kind \"" + for_message(scheme) + "\"",
                   "only http proxies are supported (they carry https too)"};
    }
    rest = text.substr(mark + 3);
  }
  rest = rest.substr(0, rest.find_first_of("/?#"));
  Proxy proxy;
  if (const size_t at = rest.rfind('@'); at != std::string_view::npos) {
    proxy.authorization = "Basic " + base64(percent_decode(rest.substr(0, at)));
    rest = rest.substr(at + 1);
  }
  const Result<Url> url = parse_url("http://" + std::string(rest));
  if (!url.ok()) {
    return Error{ErrorKind::kInvalid, "the address of the proxy, \"" + for_message(rest) + "\", is none",
                 kProxyHint};
  }
  proxy.url = *url;
  return std::optional(std::move(proxy));
}

bool bypasses_proxy(const Url& url, std::string_view no_proxy) {
  while (!no_proxy.empty()) {
    const size_t end = std::min(no_proxy.find_first_of(", \t"), no_proxy.size());
    if (end > 0 && entry_matches(url, no_proxy.substr(0, end))) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

void read_proxy_environment(HttpClientOptions& options) {
  // HTTP_PROXY in upper case is what a web server makes of a visitor's header "Proxy:".
  fill(options.http_proxy, {"http_proxy", "all_proxy", "ALL_PROXY"});
  fill(options.https_proxy, {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
  fill(options.no_proxy, {"no_proxy", "NO_PROXY"});
  fill(options.ca_bundle, {"SSL_CERT_FILE"});
}

}  // namespace pannier

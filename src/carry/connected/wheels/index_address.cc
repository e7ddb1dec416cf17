// Addresses of indexes: credentials taken out, files told from servers. See index_config.h.
#include "base/display.h"
#include "carry/connected/wheels/index_config.h"
#include "format/base64.h"

namespace pannier {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "%40" as "@"; what is no such triple stays.
std::string percent_decode(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Where the user information of the address that begins at `begin` ("//…") lies: [begin + 2, position of the
// last '@' before the path); npos where there is none.
size_t user_information_end(std::string_view text, size_t begin) {
  const size_t end = std::min(text.find_first_of("/?# \t\r\n\"'<>`", begin + 2), text.size());
  const size_t at = text.substr(0, end).rfind('@');
  return at == std::string_view::npos || at < begin + 2 ? std::string_view::npos : at;
}

}  // namespace

std::string without_credentials(std::string_view text) {
  std::string out;
  size_t done = 0;
  for (size_t scheme = text.find("://"); scheme != std::string_view::npos;
       scheme = text.find("://", scheme + 3)) {
    const size_t at = user_information_end(text, scheme + 1);
    if (at == std::string_view::npos) continue;
    out.append(text.substr(done, scheme + 3 - done)).append("***");
    done = at;
    scheme = at;
  }
  return out.append(text.substr(done));
}

Result<IndexAddress> parse_index_address(std::string_view text) {
  IndexAddress out;
  std::string plain(text);
  const size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) {
    if (const size_t at = user_information_end(text, scheme + 1); at != std::string_view::npos) {
      const std::string_view user = text.substr(scheme + 3, at - scheme - 3);
      const size_t colon = user.find(':');
      const std::string name = percent_decode(user.substr(0, colon));
      const std::string secret =
          colon == std::string_view::npos ? "" : percent_decode(user.substr(colon + 1));
      out.authorization = "Basic " + base64_encode(name + ":" + secret);
      plain = std::string(text.substr(0, scheme + 3)).append(text.substr(at + 1));
    }
  }
  auto url = parse_url(plain);
  if (!url.ok()) return with_context(std::move(url).error(), "package index");
  out.url = std::move(url).value();
  return out;
}

std::vector<HttpHeader> index_headers(const IndexConfig& config, const Url& url) {
  const auto add = [&](const std::string& text) -> std::optional<std::string> {
    const auto address = parse_index_address(text);
    if (!address.ok() || address->authorization.empty() || address->url.origin() != url.origin()) return {};
    return address->authorization;
  };
  std::vector<const IndexSetting*> settings{&config.main_index};
  for (const IndexSetting& setting : config.extra_indexes) settings.push_back(&setting);
  for (const IndexSetting& setting : config.find_links) settings.push_back(&setting);
  for (const IndexSetting* setting : settings) {
    if (auto authorization = add(setting->value)) return {{"Authorization", *std::move(authorization)}};
  }
  return {};
}

std::optional<std::string> local_path_of(std::string_view address) {
  if (address.starts_with("file://")) {
    address.remove_prefix(7);
    if (address.starts_with("localhost/")) address.remove_prefix(9);
    return percent_decode(address.substr(0, address.find_first_of("?#")));
  }
  if (address.find("://") != std::string_view::npos) return std::nullopt;
  return std::string(address);
}

std::vector<std::string> IndexConfig::link_folders() const {
  std::vector<std::string> out;
  for (const IndexSetting& setting : find_links) {
    if (auto path = local_path_of(setting.value)) out.push_back(*std::move(path));
  }
  return out;
}

}  // namespace pannier

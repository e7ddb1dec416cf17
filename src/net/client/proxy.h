// Which proxy an address is reached through; the rules of curl's environment variables.
#pragma once

#include <optional>
#include <string>

#include "net/client/url.h"

namespace pannier {

struct Proxy {
  Url url;                    // http only: who asks it speaks plain HTTP to it
  std::string authorization;  // "Basic …" made from user:password@, or empty; never shown
};

// "http://[user:password@]host[:port]", or the same without the scheme; port 80 where none is given. Empty
// text: no proxy. kInvalid: anything else; kUnsupported: SOCKS and https proxies. Messages never repeat
// the user information.
Result<std::optional<Proxy>> parse_proxy(std::string_view text);

// Whether NO_PROXY exempts the address: "*", or names and addresses separated by commas or spaces. A name
// covers itself and what ends in "." + it (a dot or "*." before it changes nothing); "host:port" only that
// port; an address may be a range, "10.0.0.0/8".
bool bypasses_proxy(const Url& url, std::string_view no_proxy);

}  // namespace pannier

// The Link header by which the Hub names the next page of a listing.
#pragma once

#include <string>
#include <string_view>

namespace pannier {

// The reference of the first link whose relation is "next"; empty where there is none. Source: RFC 8288.
std::string next_link(std::string_view header);

}  // namespace pannier

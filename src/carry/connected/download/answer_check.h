// What the head of an answer says about the file behind it: is it the one that upstream's listing meant?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "carry/connected/download/download.h"

namespace pannier {

// "bytes 0-99/1234". Source: RFC 9110, 14.4.
struct ContentRange {
  uint64_t first = 0;
  uint64_t last = 0;
  std::optional<uint64_t> total;  // nothing for "*"
};
std::optional<ContentRange> parse_content_range(std::string_view text);

// Decimal digits only, no sign, no overflow.
std::optional<uint64_t> parse_decimal(std::string_view text);

// The entity tag without its quotes; empty where there is none or it is weak.
std::string strong_etag(const HttpHead& head);

// A Hub's own headers beside the listing: commit, digest and size. Fine where there are none. kStale.
Status check_identity(const DownloadItem& item, const HttpHead& head);

// "https://host/path", without the query: that of a signed address is a secret.
std::string address_for_message(const Url& url);

// The size that a server gives is not the listing's. kStale.
Error size_differs(const DownloadItem& item, uint64_t bytes, const Url& url);

// The first line of every Git LFS pointer. Source: git-lfs, docs/spec.md.
bool begins_as_lfs_pointer(std::string_view contents);
inline constexpr uint64_t kLfsPointerBytesMax = 1024;
Error is_lfs_pointer(const DownloadItem& item, const Url& url);

// What a status other than success means, in a Hub's own terms. kDenied, kNotFound, kStale, kNetwork.
Error refusal(const DownloadItem& item, const HttpHead& head, const Url& url);

}  // namespace pannier

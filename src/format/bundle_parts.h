// How the blobs of a bundle cross: as they are, in encoded parts, or not at all since the far side holds
// them. Page: docs/formats/bundle.md, sections 4 and 5.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/part_codec.h"

namespace pannier {

inline constexpr std::string_view kBundleBlobFolder = "blobs/sha256/";
inline constexpr std::string_view kBundlePartFolder = "transport/";

struct BlobInfo {
  Digest digest;
  uint64_t bytes = 0;

  friend auto operator<=>(const BlobInfo&, const BlobInfo&) = default;
};

// Whether every blob lies in the bundle as it is, so that tar alone gets at it.
enum class BundleLayout { kPlain, kEncoded };
std::string_view bundle_layout_name(BundleLayout layout);  // "plain", "encoded"
std::optional<BundleLayout> bundle_layout_of_name(std::string_view name);

struct BundlePart {
  PartEncoding encoding = PartEncoding::kStored;
  uint64_t bytes = 0;  // in the bundle
  uint64_t decoded_bytes = 0;

  friend bool operator==(const BundlePart&, const BundlePart&) = default;
};

// A blob that crosses in parts. `base` is there exactly where a part is a delta.
struct EncodedBlob {
  std::vector<BundlePart> parts;
  std::optional<BlobInfo> base = std::nullopt;
};

// What crosses otherwise than as it is. Only contents of files may; both are empty in layout kPlain.
struct BundleTransport {
  BundleLayout layout = BundleLayout::kPlain;
  std::map<Digest, EncodedBlob> encoded = {};
  std::set<Digest> held = {};  // not in the bundle
};

bool is_delta(PartEncoding encoding);

// How many parts a blob of `bytes` has, and how many bytes that part decodes to.
uint64_t bundle_part_count(uint64_t bytes);
uint64_t bundle_part_decoded_bytes(uint64_t blob_bytes, uint64_t part);

// "transport/<64 hex>/<5 digits>" and back; nullopt for any other text.
std::string bundle_part_path(const Digest& blob, uint64_t part);
struct BundlePartName {
  Digest blob;
  uint64_t part = 0;
};
std::optional<BundlePartName> parse_bundle_part_path(std::string_view path);

// That these can be the parts of a blob of that size: every one but the last decodes to kPartBytes, none is
// larger than what it decodes to, the base is there exactly where it is needed. kInvalid, kLimit.
Status check_encoded_blob(const BlobInfo& blob, const EncodedBlob& encoded);

// The largest that the parts of a blob can become, for planning: as many, none smaller than its contents.
EncodedBlob largest_encoded_blob(const BlobInfo& blob, const std::optional<BlobInfo>& base);

}  // namespace pannier

// Names, sizes and rules of the parts in which blobs cross.
#include "format/bundle_parts.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/limits.h"

namespace pannier {
namespace {

constexpr size_t kHexDigits = 64;
constexpr size_t kNumberDigits = 5;

Error wrong_parts(const BlobInfo& blob, const std::string& detail) {
  return {ErrorKind::kInvalid, fmt::format("the parts of blob {}: {}", blob.digest.hex(), detail), ""};
}

Status check_part(const BlobInfo& blob, const BundlePart& part, uint64_t number) {
  const uint64_t decoded_bytes = bundle_part_decoded_bytes(blob.bytes, number);
  if (part.decoded_bytes != decoded_bytes) {
    return wrong_parts(blob, fmt::format("part {} would decode to {} bytes, of a blob of {} it is {}", number,
                                         part.decoded_bytes, blob.bytes, decoded_bytes));
  }
  if (part.bytes > part.decoded_bytes) {
    return wrong_parts(blob, fmt::format("part {} has {} bytes, more than the {} that it decodes to", number,
                                         part.bytes, part.decoded_bytes));
  }
  if (part.encoding == PartEncoding::kStored && part.bytes != part.decoded_bytes) {
    return wrong_parts(blob, fmt::format("part {} is stored, but has {} bytes of {}", number, part.bytes,
                                         part.decoded_bytes));
  }
  return {};
}

}  // namespace

std::string_view bundle_layout_name(BundleLayout layout) {
  return layout == BundleLayout::kPlain ? "plain" : "encoded";
}

std::optional<BundleLayout> bundle_layout_of_name(std::string_view name) {
  for (const BundleLayout layout : {BundleLayout::kPlain, BundleLayout::kEncoded}) {
    if (name == bundle_layout_name(layout)) return layout;
  }
  return std::nullopt;
}

bool is_delta(PartEncoding encoding) {
  return encoding == PartEncoding::kPlanesDelta || encoding == PartEncoding::kChunksDelta;
}

uint64_t bundle_part_count(uint64_t bytes) { return bytes / kPartBytes + (bytes % kPartBytes == 0 ? 0 : 1); }

uint64_t bundle_part_decoded_bytes(uint64_t blob_bytes, uint64_t part) {
  const uint64_t begin = part * kPartBytes;
  return begin >= blob_bytes ? 0 : std::min(kPartBytes, blob_bytes - begin);
}

std::string bundle_part_path(const Digest& blob, uint64_t part) {
  return fmt::format("{}{}/{:05}", kBundlePartFolder, blob.hex(), part);
}

std::optional<BundlePartName> parse_bundle_part_path(std::string_view path) {
  if (path.size() != kBundlePartFolder.size() + kHexDigits + 1 + kNumberDigits) return std::nullopt;
  if (!path.starts_with(kBundlePartFolder)) return std::nullopt;
  const auto digest = digest_from_hex(path.substr(kBundlePartFolder.size(), kHexDigits));
  if (!digest.ok()) return std::nullopt;
  BundlePartName name{*digest, 0};
  for (const char digit : path.substr(path.size() - kNumberDigits)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    name.part = name.part * 10 + static_cast<uint64_t>(digit - '0');
  }
  if (bundle_part_path(name.blob, name.part) != path) return std::nullopt;
  return name;
}

Status check_encoded_blob(const BlobInfo& blob, const EncodedBlob& encoded) {
  const uint64_t count = bundle_part_count(blob.bytes);
  if (count > limits::kPartsPerBlobMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("blob {} has {} bytes: {} parts, at most {} are allowed", blob.digest.hex(),
                             blob.bytes, count, limits::kPartsPerBlobMax),
                 "pack it plain"};
  }
  if (encoded.parts.empty() || encoded.parts.size() != count) {
    return wrong_parts(
        blob, fmt::format("{} parts, of {} bytes there are {}", encoded.parts.size(), blob.bytes, count));
  }
  bool needs_base = false;
  for (uint64_t i = 0; i < count; ++i) {
    PANNIER_TRY(check_part(blob, encoded.parts[i], i));
    needs_base = needs_base || is_delta(encoded.parts[i].encoding);
  }
  if (needs_base != encoded.base.has_value()) {
    return wrong_parts(blob, needs_base ? "a delta without a base" : "a base without a delta");
  }
  if (encoded.base && encoded.base->digest == blob.digest) return wrong_parts(blob, "it builds on itself");
  return {};
}

EncodedBlob largest_encoded_blob(const BlobInfo& blob, const std::optional<BlobInfo>& base) {
  EncodedBlob largest;
  largest.base = base;
  // The encodings with the longest names in the index, with and without a base.
  const PartEncoding encoding = base ? PartEncoding::kPlanesDelta : PartEncoding::kPlanes;
  const uint64_t count = bundle_part_count(blob.bytes);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t bytes = bundle_part_decoded_bytes(blob.bytes, i);
    largest.parts.push_back({encoding, bytes, bytes});
  }
  return largest;
}

}  // namespace pannier

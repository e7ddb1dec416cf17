// What OCI manifests and image indexes have in common: the envelope, annotations and descriptors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"
#include "base/result.h"

namespace pannier::oci {

inline constexpr uint64_t kSchemaVersion = 2;
inline constexpr size_t kMediaTypeBytesMax = 255;

// kCorrupt and kLimit, beginning with the name of the document.
Error corrupt(std::string_view what, const std::string& message);
Error over_limit(std::string_view what, const std::string& thing, uint64_t found, uint64_t max);

struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t bytes = 0;
};
// The three members of a descriptor, into an object that is open.
void write_descriptor(JsonWriter& json, std::string_view media_type, const Digest& digest, uint64_t bytes);
// kCorrupt; kUnsupported for another digest algorithm; kLimit for a size above `bytes_max`.
Result<Descriptor> parse_descriptor(JsonValue value, uint64_t bytes_max, std::string_view what);

// That the root is an object of schema 2 and, where it says so, of this media type.
Status check_envelope(JsonValue root, std::string_view media_type, std::string_view what);
// image-spec: a map of strings to strings. Unknown keys are nobody's error.
Status check_annotations(JsonValue object, std::string_view what);

}  // namespace pannier::oci

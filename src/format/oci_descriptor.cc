#include "format/oci_descriptor.h"

#include "base/display.h"
#include "base/limits.h"

namespace pannier::oci {

Error corrupt(std::string_view what, const std::string& message) {
  return {ErrorKind::kCorrupt, std::string(what) + ": " + message, ""};
}

Error over_limit(std::string_view what, const std::string& thing, uint64_t found, uint64_t max) {
  return {ErrorKind::kLimit,
          std::string(what) + ": " + thing + " " + std::to_string(found) + " is above the limit of " +
              std::to_string(max),
          ""};
}

void write_descriptor(JsonWriter& json, std::string_view media_type, const Digest& digest, uint64_t bytes) {
  json.member("mediaType", media_type).member("digest", digest.oci()).member("size", bytes);
}

Status check_envelope(JsonValue root, std::string_view media_type, std::string_view what) {
  if (!root.is_object()) return corrupt(what, "the JSON is not an object");
  PANNIER_ASSIGN(const uint64_t version,
                 JsonReader(root, what).unsigned_integer("schemaVersion", UINT32_MAX));
  if (version != kSchemaVersion) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": schemaVersion " + std::to_string(version) + " (2 is read)", ""};
  }
  // image-spec: mediaType SHOULD be there, and then it must match.
  if (!root["mediaType"]) return {};
  PANNIER_ASSIGN(const std::string found, JsonReader(root, what).string("mediaType"));
  if (found != media_type) {
    return Error{ErrorKind::kUnsupported,
                 std::string(what) + ": mediaType is \"" + for_message(found) + "\", wanted \"" +
                     std::string(media_type) + "\"",
                 ""};
  }
  return {};
}

Status check_annotations(JsonValue object, std::string_view what) {
  const JsonValue annotations = object["annotations"];
  if (!annotations) return {};
  if (!annotations.is_object()) return corrupt(what, "annotations is not an object");
  for (const auto [key, value] : annotations.members()) {
    if (!value.is_string()) return corrupt(what, "annotation \"" + for_message(key) + "\" is not a string");
  }
  return {};
}

Result<Descriptor> parse_descriptor(JsonValue value, uint64_t bytes_max, std::string_view what) {
  if (!value.is_object()) return corrupt(what, "a descriptor is not an object");
  const JsonReader reader(value, what);
  Descriptor descriptor;
  PANNIER_ASSIGN(descriptor.media_type, reader.string("mediaType"));
  if (descriptor.media_type.empty() || descriptor.media_type.size() > kMediaTypeBytesMax) {
    return corrupt(what, "a mediaType of " + std::to_string(descriptor.media_type.size()) + " bytes");
  }
  PANNIER_ASSIGN(const std::string digest, reader.string("digest"));
  auto parsed = digest_from_oci(digest);
  if (!parsed.ok()) return with_context(std::move(parsed).error(), std::string(what));
  descriptor.digest = *parsed;
  PANNIER_ASSIGN(descriptor.bytes, reader.unsigned_integer("size", INT64_MAX));
  if (descriptor.bytes > bytes_max) return over_limit(what, "size", descriptor.bytes, bytes_max);
  return descriptor;
}

}  // namespace pannier::oci

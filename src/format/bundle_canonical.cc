// Refusals that the statement and the index of a bundle share.
#include "format/bundle_canonical.h"

#include <fmt/core.h>

#include <algorithm>

namespace pannier {

Error newer_bundle(std::string_view file, std::string_view detail) {
  return {ErrorKind::kUnsupported, fmt::format("{}: {}: made by a newer version of pannier", file, detail),
          "use a pannier at least as new as the one that packed it"};
}

Error corrupt_bundle(std::string_view file, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", file, detail),
          "the bundle was damaged or changed; copy it again from where it was packed"};
}

Status check_bundle_members(JsonValue object, std::initializer_list<std::string_view> keys,
                            std::string_view file) {
  for (const JsonValue::Member member : object.members()) {
    if (std::find(keys.begin(), keys.end(), member.key) == keys.end()) {
      return newer_bundle(file, fmt::format("unknown member \"{}\"", member.key.substr(0, 80)));
    }
  }
  return {};
}

Status check_bundle_version(JsonValue object, std::string_view file) {
  const auto version = object["version"].as_unsigned();
  if (!version || *version == 0) return corrupt_bundle(file, "\"version\" is no version number");
  if (*version > 1) return newer_bundle(file, fmt::format("format version {}", *version));
  return {};
}

Status check_bundle_canonical(std::string_view expected, std::string_view found, std::string_view file) {
  if (expected == found) return {};
  const auto place = std::mismatch(expected.begin(), expected.end(), found.begin(), found.end());
  return corrupt_bundle(
      file, fmt::format("not written canonically from byte {} on", place.first - expected.begin()));
}

}  // namespace pannier

// Image indexes (a store's generations, a bundle's index.json) and the names in them.
#include <algorithm>
#include <cassert>
#include <optional>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/bundle_statement.h"
#include "format/oci.h"
#include "format/oci_descriptor.h"
#include "format/oci_facts.h"

namespace pannier {
namespace {

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

using oci::corrupt;
using oci::Descriptor;
using oci::over_limit;

constexpr std::string_view kAnnotationRefName = "org.opencontainers.image.ref.name";
constexpr std::string_view kAnnotationGeneration = "pannier.generation";
constexpr std::string_view kAnnotationOrigin = "org.pannier.origin";
constexpr std::string_view kAnnotationSignatures = "org.pannier.signatures";
constexpr std::string_view kAnnotationChannelPrefix = "org.pannier.channel.";
constexpr uint64_t kGenerationMax = 9'999'999'999;  // ten digits
constexpr size_t kSequenceDigitsMax = 19;           // more could overflow

Result<uint64_t> parse_generation(JsonValue root, std::string_view what) {
  const JsonValue annotations = root["annotations"];
  if (!annotations || !annotations[kAnnotationGeneration]) return uint64_t{0};
  PANNIER_ASSIGN(const std::string text, JsonReader(annotations, what).string(kAnnotationGeneration));
  const bool is_number = !text.empty() && text.size() <= 10 && text[0] != '0' &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) {
    return corrupt(what, "annotation " + std::string(kAnnotationGeneration) + " is not a number from 1 to " +
                             std::to_string(kGenerationMax));
  }
  return static_cast<uint64_t>(std::stoull(text));
}

// "1" and up, without leading zeros; nullopt for everything else.
std::optional<uint64_t> parse_sequence(std::string_view text) {
  const bool is_number = !text.empty() && text.size() <= kSequenceDigitsMax && text[0] != '0' &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  return std::stoull(std::string(text));
}

bool is_ref_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

Result<Digest> parse_digest(std::string_view text, std::string_view what) {
  auto digest = digest_from_oci(text);
  if (!digest.ok()) return with_context(std::move(digest).error(), std::string(what));
  return digest;
}

// "17 sha256:HEX" under the name of its channel.
Result<ChannelState> parse_channel(std::string_view name, std::string_view text, std::string_view what) {
  ChannelState channel;
  channel.name = name;
  if (!check_channel_name(name).ok())
    return corrupt(what, "\"" + for_message(name) + "\" is no name of a channel");
  const size_t space = text.find(' ');
  const auto sequence = parse_sequence(text.substr(0, space));
  if (space == std::string_view::npos || !sequence) {
    return corrupt(what, "the state of channel " + std::string(name) + " is \"" + for_message(text) +
                             "\", not a sequence number and a digest");
  }
  channel.sequence = *sequence;
  PANNIER_ASSIGN(channel.statement, parse_digest(text.substr(space + 1), what));
  return channel;
}

Result<std::vector<ChannelState>> parse_channels(JsonValue root, std::string_view what) {
  std::vector<ChannelState> channels;
  const JsonValue annotations = root["annotations"];
  if (!annotations) return channels;
  for (const auto& [key, value] : annotations.members()) {
    if (!key.starts_with(kAnnotationChannelPrefix)) continue;
    if (channels.size() == limits::kChannelsMax) {
      return over_limit(what, "the number of channels", channels.size() + 1, limits::kChannelsMax);
    }
    // All are strings, as check_annotations has seen.
    PANNIER_ASSIGN(ChannelState channel, parse_channel(key.substr(kAnnotationChannelPrefix.size()),
                                                       value.as_string().value_or(""), what));
    channels.push_back(std::move(channel));
  }
  std::sort(channels.begin(), channels.end(),
            [](const ChannelState& a, const ChannelState& b) { return a.name < b.name; });
  return channels;
}

// Digests separated by one space, sorted, none twice.
Result<std::vector<Digest>> parse_signatures(std::string_view text, std::string_view what) {
  std::vector<Digest> digests;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(' ', start), text.size());
    if (digests.size() == limits::kSignaturesPerModelMax) {
      return over_limit(what, "the number of signatures", digests.size() + 1, limits::kSignaturesPerModelMax);
    }
    PANNIER_ASSIGN(const Digest digest, parse_digest(text.substr(start, end - start), what));
    if (!digests.empty() && !(digests.back() < digest)) {
      return corrupt(what, "signatures are not sorted, or one is there twice");
    }
    digests.push_back(digest);
    start = end + 1;
  }
  return digests;
}

// What the entry says beyond its name: where it came from and who vouched for it.
Status parse_provenance(JsonValue annotations, const std::string& what, Reference& reference) {
  const JsonReader reader(annotations, what);
  if (annotations[kAnnotationOrigin]) {
    PANNIER_ASSIGN(const std::string origin, reader.string(kAnnotationOrigin));
    PANNIER_ASSIGN(reference.origin, parse_digest(origin, what));
  }
  if (annotations[kAnnotationSignatures]) {
    PANNIER_ASSIGN(const std::string signatures, reader.string(kAnnotationSignatures));
    PANNIER_ASSIGN(reference.signatures, parse_signatures(signatures, what));
  }
  return {};
}

Result<Reference> parse_reference(JsonValue entry, const std::string& what) {
  PANNIER_ASSIGN(const Descriptor descriptor, oci::parse_descriptor(entry, limits::kManifestBytesMax, what));
  if (descriptor.media_type != kMediaTypeOciManifest) {
    return Error{ErrorKind::kUnsupported,
                 what + ": an entry of media type \"" + for_message(descriptor.media_type) + "\"", ""};
  }
  if (descriptor.bytes == 0) return corrupt(what, "a manifest of 0 bytes");
  PANNIER_TRY(oci::check_annotations(entry, what));
  Reference reference;
  reference.manifest_digest = descriptor.digest;
  reference.manifest_bytes = descriptor.bytes;
  reference.artifact_type.clear();
  if (entry["artifactType"]) {
    PANNIER_ASSIGN(reference.artifact_type, JsonReader(entry, what).string("artifactType"));
    if (reference.artifact_type.empty() || reference.artifact_type.size() > oci::kMediaTypeBytesMax) {
      return corrupt(what, "an artifactType of " + std::to_string(reference.artifact_type.size()) + " bytes");
    }
    if (!is_printable_ascii(reference.artifact_type)) {
      return corrupt(what, "an artifactType that is not printable ASCII");
    }
  }
  if (!entry["annotations"])
    return corrupt(what, "an entry without a name (org.opencontainers.image.ref.name)");
  PANNIER_ASSIGN(reference.name, JsonReader(entry["annotations"], what).string(kAnnotationRefName));
  if (Status status = check_ref_name(reference.name); !status.ok())
    return corrupt(what, status.error().message);
  if (entry["annotations"][oci::kAnnotationAliases]) {
    PANNIER_ASSIGN(const std::string aliases,
                   JsonReader(entry["annotations"], what).string(oci::kAnnotationAliases));
    PANNIER_ASSIGN(reference.aliases, oci::split_aliases(aliases, reference.name, what));
  }
  PANNIER_TRY(parse_provenance(entry["annotations"], what, reference));
  return reference;
}

std::string join_signatures(const std::vector<Digest>& signatures) {
  std::string text;
  for (const Digest& digest : signatures) text += (text.empty() ? "" : " ") + digest.oci();
  return text;
}

// Why one side of the '@' is no name, or an empty string.
std::string fault_of_ref_part(std::string_view part) {
  size_t start = 0;
  while (start <= part.size()) {
    const size_t end = std::min(part.find('/', start), part.size());
    const std::string_view component = part.substr(start, end - start);
    if (component.empty()) return "it has an empty component";
    if (component == "." || component == "..")
      return "\"" + std::string(component) + "\" is no component of a name";
    if (!std::all_of(component.begin(), component.end(), is_ref_character)) {
      return "only letters, digits, '.', '_', '-', '/' and one '@' are allowed";
    }
    start = end + 1;
  }
  return "";
}

}  // namespace

std::string write_image_index(const ImageIndex& index) {
  assert(index.generation <= kGenerationMax);
  JsonWriter json;
  json.begin_object().member("schemaVersion", oci::kSchemaVersion).member("mediaType", kMediaTypeOciIndex);
  json.key("manifests").begin_array();
  for (const Reference& reference : index.references) {
    json.begin_object();
    oci::write_descriptor(json, kMediaTypeOciManifest, reference.manifest_digest, reference.manifest_bytes);
    if (!reference.artifact_type.empty()) json.member("artifactType", reference.artifact_type);
    json.key("annotations").begin_object().member(kAnnotationRefName, reference.name);
    if (!reference.aliases.empty()) {
      json.member(oci::kAnnotationAliases, oci::join_aliases(reference.aliases));
    }
    if (reference.origin) json.member(kAnnotationOrigin, reference.origin->oci());
    if (!reference.signatures.empty()) {
      json.member(kAnnotationSignatures, join_signatures(reference.signatures));
    }
    json.end_object().end_object();
  }
  json.end_array();
  if (index.generation != 0 || !index.channels.empty()) {
    json.key("annotations").begin_object();
    if (index.generation != 0) json.member(kAnnotationGeneration, std::to_string(index.generation));
    for (const ChannelState& channel : index.channels) {
      json.member(std::string(kAnnotationChannelPrefix) + channel.name,
                  std::to_string(channel.sequence) + " " + channel.statement.oci());
    }
    json.end_object();
  }
  json.end_object();
  return json.take();
}

Result<ImageIndex> parse_image_index(std::string_view json, std::string_view what) {
  if (json.size() > limits::kGenerationBytesMax) {
    return over_limit(what, "the index's size", json.size(), limits::kGenerationBytesMax);
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  PANNIER_TRY(oci::check_envelope(root, kMediaTypeOciIndex, what));
  PANNIER_TRY(oci::check_annotations(root, what));

  ImageIndex index;
  PANNIER_ASSIGN(index.generation, parse_generation(root, what));
  PANNIER_ASSIGN(index.channels, parse_channels(root, what));
  PANNIER_ASSIGN(const JsonValue manifests, JsonReader(root, what).array("manifests"));
  if (manifests.size() > limits::kModelsPerBundleMax) {
    return over_limit(what, "the number of references", manifests.size(), limits::kModelsPerBundleMax);
  }
  index.references.reserve(manifests.size());
  for (const JsonValue entry : manifests.elements()) {
    const std::string where = std::string(what) + ": entry " + std::to_string(index.references.size());
    PANNIER_ASSIGN(Reference reference, parse_reference(entry, where));
    index.references.push_back(std::move(reference));
  }
  std::sort(index.references.begin(), index.references.end(),
            [](const Reference& a, const Reference& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(index.references.begin(), index.references.end(),
                         [](const Reference& a, const Reference& b) { return a.name == b.name; });
  if (twice != index.references.end()) return corrupt(what, "the name \"" + twice->name + "\" appears twice");
  return index;
}

Status check_ref_name(std::string_view name) {
  const auto refuse = [&](const std::string& reason) {
    return Error{ErrorKind::kInvalid, "\"" + for_message(name) + "\" cannot name a model: " + reason,
                 "names look like my-model, org/my-model or org/my-model@revision"};
  };
  if (name.empty()) return refuse("it is empty");
  if (name.size() > limits::kRefNameBytesMax) {
    return refuse("it has " + std::to_string(name.size()) + " bytes, at most " +
                  std::to_string(limits::kRefNameBytesMax) + " are allowed");
  }
  if (name[0] == '-') return refuse("it begins with '-', as options do");
  const size_t at = name.find('@');
  if (at != std::string_view::npos && name.find('@', at + 1) != std::string_view::npos) {
    return refuse("it has more than one '@'");
  }
  std::string fault = fault_of_ref_part(name.substr(0, at));
  if (fault.empty() && at != std::string_view::npos) fault = fault_of_ref_part(name.substr(at + 1));
  if (!fault.empty()) return refuse(fault);
  return {};
}

}  // namespace pannier

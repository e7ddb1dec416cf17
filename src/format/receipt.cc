// Writes a receipt in the one canonical way, and accepts nothing else.
#include "format/receipt.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/json.h"
#include "base/limits.h"
#include "format/bundle_statement.h"

namespace pannier {
namespace {

constexpr uint64_t kReceiptVersion = 1;
constexpr size_t kStoreIdBytes = 32;

Error corrupt(std::string_view what, std::string_view detail) {
  return {ErrorKind::kCorrupt, fmt::format("{}: {}", what, detail),
          "the receipt was damaged or changed; copy it again from where it was written"};
}

Error too_many(std::string_view what, std::string_view thing, uint64_t found, uint64_t max) {
  return {ErrorKind::kLimit, fmt::format("{}: {} {}, at most {} are read", what, found, thing, max), ""};
}

Result<Digest> digest_member(const JsonReader& reader, std::string_view key, std::string_view what) {
  PANNIER_ASSIGN(const std::string text, reader.string(key));
  auto digest = digest_from_oci(text);
  if (!digest.ok()) return with_context(std::move(digest).error(), std::string(what));
  return digest;
}

// The elements of an array of objects, each read by `read`, in strictly ascending order of `key_of`.
template <class T, class Read, class KeyOf>
Result<std::vector<T>> read_sorted(JsonValue array, uint64_t max, std::string_view name,
                                   std::string_view what, const Read& read, const KeyOf& key_of) {
  if (array.size() > max) return too_many(what, name, array.size(), max);
  std::vector<T> elements;
  elements.reserve(array.size());
  for (const JsonValue value : array.elements()) {
    if (!value.is_object()) return corrupt(what, fmt::format("\"{}\" lists what is no object", name));
    PANNIER_ASSIGN(T element, read(JsonReader(value, what)));
    if (!elements.empty() && !(key_of(elements.back()) < key_of(element))) {
      return corrupt(what, fmt::format("\"{}\" is not sorted, or lists something twice", name));
    }
    elements.push_back(std::move(element));
  }
  return elements;
}

Result<std::vector<ChannelState>> read_channels(const JsonReader& reader, std::string_view what) {
  PANNIER_ASSIGN(const JsonValue array, reader.array("channels"));
  const auto read = [&](const JsonReader& member) -> Result<ChannelState> {
    ChannelState channel;
    PANNIER_ASSIGN(channel.name, member.string("name"));
    if (!check_channel_name(channel.name).ok()) return corrupt(what, "a channel has no valid name");
    PANNIER_ASSIGN(channel.sequence, member.unsigned_integer("sequence", limits::kSequenceMax));
    if (channel.sequence == 0) return corrupt(what, "a channel stands at 0");
    PANNIER_ASSIGN(channel.statement, digest_member(member, "statement", what));
    return channel;
  };
  return read_sorted<ChannelState>(array, limits::kChannelsMax, "channels", what, read,
                                   [](const ChannelState& channel) { return channel.name; });
}

Result<std::vector<ReceiptReference>> read_references(const JsonReader& reader, std::string_view what) {
  PANNIER_ASSIGN(const JsonValue array, reader.array("references"));
  const auto read = [&](const JsonReader& member) -> Result<ReceiptReference> {
    ReceiptReference reference;
    PANNIER_ASSIGN(reference.name, member.string("name"));
    if (Status named = check_ref_name(reference.name); !named.ok()) {
      return corrupt(what, named.error().message);
    }
    PANNIER_ASSIGN(reference.manifest, digest_member(member, "manifest", what));
    return reference;
  };
  return read_sorted<ReceiptReference>(array, limits::kModelsPerBundleMax, "references", what, read,
                                       [](const ReceiptReference& reference) { return reference.name; });
}

Result<std::vector<BlobInfo>> read_blobs(const JsonReader& reader, std::string_view what) {
  PANNIER_ASSIGN(const JsonValue array, reader.array("blobs"));
  const auto read = [&](const JsonReader& member) -> Result<BlobInfo> {
    BlobInfo blob;
    PANNIER_ASSIGN(blob.digest, digest_member(member, "digest", what));
    PANNIER_ASSIGN(blob.bytes, member.unsigned_integer("bytes", limits::kBundleBytesMax));
    return blob;
  };
  return read_sorted<BlobInfo>(array, limits::kReceiptBlobsMax, "blobs", what, read,
                               [](const BlobInfo& blob) { return blob.digest; });
}

Status read_log(const JsonReader& reader, Receipt& receipt, std::string_view what) {
  PANNIER_ASSIGN(const JsonValue log, reader.object("log"));
  const JsonReader member(log, what);
  PANNIER_ASSIGN(receipt.log_count, member.unsigned_integer("count", limits::kSequenceMax));
  PANNIER_ASSIGN(receipt.log_digest, digest_member(member, "digest", what));
  if (receipt.log_count == 0 && receipt.log_digest != Digest{})
    return corrupt(what, "an empty log has a digest");
  return {};
}

Result<Receipt> parse_payload(std::string_view json, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, what));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt(what, "the payload is no JSON object");
  const JsonReader reader(root, what);
  PANNIER_ASSIGN(const uint64_t version, reader.unsigned_integer("version", UINT32_MAX));
  if (version > kReceiptVersion) {
    return Error{ErrorKind::kUnsupported,
                 fmt::format("{}: format version {}: made by a newer version of pannier", what, version),
                 "use a pannier at least as new as the one that wrote it"};
  }
  Receipt receipt;
  PANNIER_ASSIGN(receipt.store_id, reader.string("store"));
  if (!is_store_id(receipt.store_id)) return corrupt(what, "\"store\" is no identity of a store");
  PANNIER_ASSIGN(receipt.generation, reader.unsigned_integer("generation", limits::kSequenceMax));
  PANNIER_ASSIGN(receipt.channels, read_channels(reader, what));
  PANNIER_TRY(read_log(reader, receipt, what));
  PANNIER_ASSIGN(receipt.references, read_references(reader, what));
  PANNIER_ASSIGN(receipt.blobs, read_blobs(reader, what));
  if (write_receipt_payload(receipt) != json) return corrupt(what, "not written canonically");
  return receipt;
}

}  // namespace

bool is_store_id(std::string_view text) {
  return text.size() == kStoreIdBytes && std::all_of(text.begin(), text.end(), [](char character) {
           return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
         });
}

bool holds(const Receipt& receipt, const Digest& digest) {
  const auto found =
      std::lower_bound(receipt.blobs.begin(), receipt.blobs.end(), digest,
                       [](const BlobInfo& blob, const Digest& key) { return blob.digest < key; });
  return found != receipt.blobs.end() && found->digest == digest;
}

std::string write_receipt_payload(const Receipt& receipt) {
  JsonWriter json;
  json.begin_object().member("version", kReceiptVersion).member("store", receipt.store_id);
  json.member("generation", receipt.generation).key("channels").begin_array();
  for (const ChannelState& channel : receipt.channels) {
    json.begin_object().member("name", channel.name).member("sequence", channel.sequence);
    json.member("statement", channel.statement.oci()).end_object();
  }
  json.end_array().key("log").begin_object().member("count", receipt.log_count);
  json.member("digest", receipt.log_digest.oci()).end_object().key("references").begin_array();
  for (const ReceiptReference& reference : receipt.references) {
    json.begin_object().member("name", reference.name);
    json.member("manifest", reference.manifest.oci()).end_object();
  }
  json.end_array().key("blobs").begin_array();
  for (const BlobInfo& blob : receipt.blobs) {
    json.begin_object().member("digest", blob.digest.oci()).member("bytes", blob.bytes).end_object();
  }
  json.end_array().end_object();
  return json.take();
}

DsseEnvelope receipt_envelope(const Receipt& receipt) {
  return {std::string(kReceiptType), write_receipt_payload(receipt), {}};
}

Result<SignedReceipt> parse_receipt(std::string_view json, std::string_view what) {
  SignedReceipt parsed;
  PANNIER_ASSIGN(parsed.envelope, parse_dsse(json, kReceiptType, limits::kReceiptBytesMax, what));
  PANNIER_ASSIGN(parsed.receipt, parse_payload(parsed.envelope.payload, what));
  parsed.payload_digest = sha256(parsed.envelope.payload);
  return parsed;
}

}  // namespace pannier

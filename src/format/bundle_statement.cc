// Writes the statement of a bundle in the one canonical way, and accepts nothing else.
#include "format/bundle_statement.h"

#include <fmt/core.h>

#include "base/json.h"
#include "base/limits.h"
#include "format/base64.h"
#include "format/bundle_canonical.h"

namespace pannier {
namespace {

constexpr std::string_view kLayoutPlain = "plain";

std::string write_payload(const BundleStatement& statement) {
  JsonWriter json;
  json.begin_object();
  json.member("version", kBundleFormatVersion);
  json.member("layout", kLayoutPlain);
  json.member("payload_digest", statement.payload_digest.oci());
  json.key("index").begin_object();
  json.member("digest", statement.index_digest.oci());
  json.member("bytes", statement.index_bytes);
  json.end_object();
  json.key("data").begin_object();
  json.member("bytes", statement.data_bytes);
  json.member("block_bytes", limits::kBlockBytes);
  json.end_object();
  json.key("channel").null();
  json.key("sequence").null();
  json.key("receipt").null();
  json.end_object();
  return json.take();
}

Result<Digest> digest_member(const JsonReader& reader, std::string_view key, std::string_view file) {
  PANNIER_ASSIGN(const std::string text, reader.string(key));
  auto digest = digest_from_oci(text);
  if (!digest.ok()) return with_context(std::move(digest).error(), fmt::format("{}: \"{}\"", file, key));
  return digest;
}

// Members that only signing will fill.
Status check_slots(JsonValue payload, std::string_view file) {
  for (const std::string_view slot : {"channel", "sequence", "receipt"}) {
    if (!payload[slot].exists()) return corrupt_bundle(file, fmt::format("\"{}\" is missing", slot));
    if (!payload[slot].is_null()) return newer_bundle(file, fmt::format("\"{}\" is not null", slot));
  }
  return {};
}

Result<BundleStatement> parse_payload(std::string_view json, std::string_view file) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, file));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt_bundle(file, "the payload is not a JSON object");
  PANNIER_TRY(check_bundle_version(root, file));
  PANNIER_TRY(check_bundle_members(
      root, {"version", "layout", "payload_digest", "index", "data", "channel", "sequence", "receipt"},
      file));
  const JsonReader reader(root, file);
  PANNIER_ASSIGN(const std::string layout, reader.string("layout"));
  if (layout != kLayoutPlain) return newer_bundle(file, fmt::format("layout \"{}\"", layout.substr(0, 80)));
  PANNIER_TRY(check_slots(root, file));

  BundleStatement statement;
  PANNIER_ASSIGN(statement.payload_digest, digest_member(reader, "payload_digest", file));
  PANNIER_ASSIGN(const JsonValue index, reader.object("index"));
  PANNIER_TRY(check_bundle_members(index, {"digest", "bytes"}, file));
  const JsonReader index_reader(index, file);
  PANNIER_ASSIGN(statement.index_digest, digest_member(index_reader, "digest", file));
  PANNIER_ASSIGN(statement.index_bytes, index_reader.unsigned_integer("bytes", limits::kIndexBytesMax));
  PANNIER_ASSIGN(const JsonValue data, reader.object("data"));
  PANNIER_TRY(check_bundle_members(data, {"bytes", "block_bytes"}, file));
  const JsonReader data_reader(data, file);
  PANNIER_ASSIGN(statement.data_bytes, data_reader.unsigned_integer("bytes", limits::kBundleBytesMax));
  const auto block_bytes = data["block_bytes"].as_unsigned();
  if (block_bytes != limits::kBlockBytes) return newer_bundle(file, "blocks are not of 4194304 bytes");
  PANNIER_TRY(check_bundle_canonical(write_payload(statement), json, file));
  return statement;
}

}  // namespace

std::string write_bundle_statement(const BundleStatement& statement) {
  JsonWriter json;
  json.begin_object();
  json.member("payload", base64_encode(write_payload(statement)));
  json.member("payloadType", kBundleStatementType);
  json.key("signatures").begin_array().end_array();
  json.end_object();
  return json.take();
}

Result<BundleStatement> parse_bundle_statement(std::string_view json, std::string_view what) {
  const std::string file = fmt::format("{}: {}", what, kBundleStatementPath);
  if (json.size() > limits::kStatementBytesMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} bytes, at most {} are read", file, json.size(), limits::kStatementBytesMax), ""};
  }
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(json, file));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt_bundle(file, "not a JSON object");
  PANNIER_TRY(check_bundle_members(root, {"payload", "payloadType", "signatures"}, file));
  const JsonReader reader(root, file);
  PANNIER_ASSIGN(const std::string type, reader.string("payloadType"));
  if (type != kBundleStatementType) {
    return newer_bundle(file, fmt::format("payload type \"{}\"", type.substr(0, 80)));
  }
  PANNIER_ASSIGN(const JsonValue signatures, reader.array("signatures"));
  if (signatures.size() != 0) return newer_bundle(file, "it is signed");
  PANNIER_ASSIGN(const std::string encoded, reader.string("payload"));
  auto payload = base64_decode(encoded);
  if (!payload.ok()) return with_context(std::move(payload).error(), file);
  PANNIER_ASSIGN(const BundleStatement statement, parse_payload(*payload, file));
  PANNIER_TRY(check_bundle_canonical(write_bundle_statement(statement), json, file));
  return statement;
}

}  // namespace pannier

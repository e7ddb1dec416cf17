// Writes the statement of a bundle in the one canonical way, and accepts nothing else.
#include "format/bundle_statement.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/bundle_canonical.h"

namespace pannier {
namespace {

void write_blob(JsonWriter& json, std::string_view key, const BlobInfo& blob) {
  json.key(key).begin_object();
  json.member("digest", blob.digest.oci());
  json.member("bytes", blob.bytes);
  json.end_object();
}

std::string write_payload(const BundleStatement& statement) {
  JsonWriter json;
  json.begin_object();
  json.member("version", kBundleFormatVersion);
  json.member("layout", bundle_layout_name(statement.layout));
  json.member("payload_digest", statement.payload_digest.oci());
  write_blob(json, "index", statement.index);
  json.key("data").begin_object();
  json.member("bytes", statement.data_bytes);
  json.member("block_bytes", limits::kBlockBytes);
  json.end_object();
  if (statement.trust) {
    write_blob(json, "trust", *statement.trust);
  } else {
    json.key("trust").null();
  }
  if (statement.channel.empty()) {
    json.key("channel").null();
    json.key("sequence").null();
  } else {
    json.member("channel", statement.channel);
    json.member("sequence", statement.sequence);
  }
  json.key("receipts").begin_array();
  for (const Digest& receipt : statement.receipts) json.string(receipt.oci());
  json.end_array();
  json.end_object();
  return json.take();
}

// Parses one payload; `file` is "BUNDLE: pannier/statement.json" for messages.
class PayloadParser {
 public:
  PayloadParser(JsonValue root, std::string_view file) : root_(root), reader_(root, file), file_(file) {}

  Result<BundleStatement> parse() const;

 private:
  Result<Digest> digest(const JsonReader& reader, std::string_view key) const;
  Result<BlobInfo> blob(std::string_view key, uint64_t bytes_max) const;
  Status parse_data(BundleStatement& statement) const;
  Status parse_channel(BundleStatement& statement) const;
  Status parse_receipts(BundleStatement& statement) const;

  JsonValue root_;
  JsonReader reader_;
  std::string_view file_;
};

Result<Digest> PayloadParser::digest(const JsonReader& reader, std::string_view key) const {
  PANNIER_ASSIGN(const std::string text, reader.string(key));
  auto digest = digest_from_oci(text);
  if (!digest.ok()) return with_context(std::move(digest).error(), fmt::format("{}: \"{}\"", file_, key));
  return digest;
}

Result<BlobInfo> PayloadParser::blob(std::string_view key, uint64_t bytes_max) const {
  PANNIER_ASSIGN(const JsonValue value, reader_.object(key));
  PANNIER_TRY(check_bundle_members(value, {"digest", "bytes"}, file_));
  const JsonReader reader(value, file_);
  BlobInfo info;
  PANNIER_ASSIGN(info.digest, digest(reader, "digest"));
  PANNIER_ASSIGN(info.bytes, reader.unsigned_integer("bytes", bytes_max));
  return info;
}

Status PayloadParser::parse_data(BundleStatement& statement) const {
  PANNIER_ASSIGN(const JsonValue data, reader_.object("data"));
  PANNIER_TRY(check_bundle_members(data, {"bytes", "block_bytes"}, file_));
  const JsonReader reader(data, file_);
  PANNIER_ASSIGN(statement.data_bytes, reader.unsigned_integer("bytes", limits::kBundleBytesMax));
  if (data["block_bytes"].as_unsigned() != limits::kBlockBytes) {
    return newer_bundle(file_, "blocks are not of 4194304 bytes");
  }
  return {};
}

// Both or neither.
Status PayloadParser::parse_channel(BundleStatement& statement) const {
  const JsonValue channel = root_["channel"];
  const JsonValue sequence = root_["sequence"];
  if (channel.is_null() != sequence.is_null()) {
    return corrupt_bundle(file_, "one of \"channel\" and \"sequence\" is null, the other is not");
  }
  if (channel.is_null()) return {};
  PANNIER_ASSIGN(statement.channel, reader_.string("channel"));
  if (const Status named = check_channel_name(statement.channel); !named.ok()) {
    return corrupt_bundle(file_, named.error().message);
  }
  PANNIER_ASSIGN(statement.sequence, reader_.unsigned_integer("sequence", limits::kSequenceMax));
  if (statement.sequence == 0) return corrupt_bundle(file_, "\"sequence\" is 0, it begins at 1");
  return {};
}

Status PayloadParser::parse_receipts(BundleStatement& statement) const {
  PANNIER_ASSIGN(const JsonValue array, reader_.array("receipts"));
  if (array.size() > limits::kReceiptsPerBundleMax) {
    return Error{ErrorKind::kLimit,
                 fmt::format("{}: {} receipts, at most {} are allowed", file_, array.size(),
                             limits::kReceiptsPerBundleMax),
                 ""};
  }
  for (const JsonValue element : array.elements()) {
    auto receipt = digest_from_oci(element.as_string().value_or(""));
    if (!receipt.ok()) return with_context(std::move(receipt).error(), fmt::format("{}: a receipt", file_));
    if (!statement.receipts.empty() && *receipt <= statement.receipts.back()) {
      return corrupt_bundle(file_, "\"receipts\" are not sorted, or one stands twice");
    }
    statement.receipts.push_back(*receipt);
  }
  return {};
}

Result<BundleStatement> PayloadParser::parse() const {
  if (!root_.is_object()) return corrupt_bundle(file_, "the payload is not a JSON object");
  PANNIER_TRY(check_bundle_version(root_, file_));
  PANNIER_TRY(check_bundle_members(
      root_,
      {"version", "layout", "payload_digest", "index", "data", "trust", "channel", "sequence", "receipts"},
      file_));
  BundleStatement statement;
  PANNIER_ASSIGN(const std::string layout, reader_.string("layout"));
  const auto known_layout = bundle_layout_of_name(layout);
  if (!known_layout) return newer_bundle(file_, fmt::format("layout \"{}\"", layout.substr(0, 80)));
  statement.layout = *known_layout;
  PANNIER_ASSIGN(statement.payload_digest, digest(reader_, "payload_digest"));
  PANNIER_ASSIGN(statement.index, blob("index", limits::kIndexBytesMax));
  PANNIER_TRY(parse_data(statement));
  if (!root_["trust"].is_null()) {
    PANNIER_ASSIGN(statement.trust, blob("trust", limits::kTrustBytesMax));
  }
  PANNIER_TRY(parse_channel(statement));
  PANNIER_TRY(parse_receipts(statement));
  return statement;
}

}  // namespace

Status check_channel_name(std::string_view name) {
  const bool is_good = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (is_good && !name.empty() && name.size() <= limits::kChannelBytesMax) return {};
  return Error{
      ErrorKind::kInvalid, fmt::format("\"{}\" is no name of a channel", for_display(name.substr(0, 100))),
      fmt::format("a channel is 1 to {} letters, digits, '.', '_' or '-'", limits::kChannelBytesMax)};
}

DsseEnvelope bundle_statement_envelope(const BundleStatement& statement) {
  DsseEnvelope envelope;
  envelope.payload_type = kBundleStatementType;
  envelope.payload = write_payload(statement);
  return envelope;
}

std::string write_bundle_statement(const BundleStatement& statement) {
  return write_dsse(bundle_statement_envelope(statement));
}

Result<SignedBundleStatement> parse_bundle_statement(std::string_view json, std::string_view what) {
  const std::string file = fmt::format("{}: {}", what, kBundleStatementPath);
  SignedBundleStatement found;
  PANNIER_ASSIGN(found.envelope, parse_dsse(json, kBundleStatementType, limits::kStatementBytesMax, file));
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(found.envelope.payload, file));
  PANNIER_ASSIGN(found.statement, PayloadParser(document.root(), file).parse());
  PANNIER_TRY(check_bundle_canonical(write_payload(found.statement), found.envelope.payload, file));
  return found;
}

}  // namespace pannier

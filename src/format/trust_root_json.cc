// Writes roots in the one canonical way, and accepts nothing else.
#include <fmt/core.h>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/base64.h"
#include "format/bundle_canonical.h"
#include "format/trust_json.h"
#include "format/trust_root.h"

namespace pannier {
namespace {

// The members of a key, live or revoked; the object stays open.
void write_key(JsonWriter& json, const RootKey& key) {
  json.begin_object();
  json.member("id", key_id(key.key).hex());
  json.member("name", key.name);
  json.member("public_key", base64_encode(as_text(write_spki(key.key))));
  json.key("roles").begin_array();
  for (const std::string& role : key.roles) json.string(role);
  json.end_array();
}

void write_revoked(JsonWriter& json, const RevokedKey& revoked) {
  write_key(json, revoked.key);
  json.key("cutoffs").begin_array();
  for (const RevocationCutoff& cutoff : revoked.cutoffs) {
    json.begin_object().member("channel", cutoff.channel).member("sequence", cutoff.sequence).end_object();
  }
  json.end_array();
  json.member("reason", revoked.reason);
  json.end_object();
}

std::string write_payload(const TrustRoot& root) {
  JsonWriter json;
  json.begin_object();
  json.member("version", uint64_t{1});
  json.member("number", root.number);
  json.member("name", root.name);
  json.member("threshold", uint64_t{root.threshold});
  json.key("keys").begin_array();
  for (const RootKey& key : root.keys) {
    write_key(json, key);
    json.end_object();
  }
  json.end_array();
  json.key("policy").begin_array();
  for (const RoleCount& wanted : root.policy) {
    json.begin_object().member("role", wanted.role).member("count", uint64_t{wanted.count}).end_object();
  }
  json.end_array();
  json.key("revoked").begin_array();
  for (const RevokedKey& revoked : root.revoked) write_revoked(json, revoked);
  json.end_array();
  json.end_object();
  return json.take();
}

// Parses one payload; `file` names it in messages.
class RootParser {
 public:
  RootParser(JsonValue root, std::string_view file) : root_(root), reader_(root, file), file_(file) {}

  Result<TrustRoot> parse() const;

 private:
  // Array `key`, of at most `max` objects.
  Result<JsonValue> objects(const JsonReader& reader, std::string_view key, uint64_t max) const;
  Result<RootKey> parse_key(JsonValue value) const;
  Result<RevokedKey> parse_revoked(JsonValue value) const;

  JsonValue root_;
  JsonReader reader_;
  std::string_view file_;
};

Result<JsonValue> RootParser::objects(const JsonReader& reader, std::string_view key, uint64_t max) const {
  PANNIER_ASSIGN(const JsonValue array, reader.array(key));
  if (array.size() > max) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: \"{}\" has {} entries, at most {} are allowed", file_, key, array.size(), max), ""};
  }
  for (const JsonValue element : array.elements()) {
    if (!element.is_object())
      return corrupt_trust_file(file_, fmt::format("an entry of \"{}\" is no object", key));
  }
  return array;
}

Result<RootKey> RootParser::parse_key(JsonValue value) const {
  const JsonReader reader(value, file_);
  RootKey key;
  PANNIER_ASSIGN(key.name, reader.string("name"));
  PANNIER_ASSIGN(const std::string text, reader.string("public_key"));
  auto der = base64_decode(text);
  if (!der.ok()) return corrupt_trust_file(file_, fmt::format("\"public_key\": {}", der.error().message));
  PANNIER_ASSIGN(key.key, parse_spki(as_bytes(*der), file_));
  PANNIER_ASSIGN(const std::string id, reader.string("id"));
  if (id != key_id(key.key).hex()) {
    return corrupt_trust_file(file_, fmt::format("the id of the key {} is not the SHA-256 of its public key",
                                                 for_message(key.name)));
  }
  PANNIER_ASSIGN(const JsonValue roles, reader.array("roles"));
  for (const JsonValue role : roles.elements()) {
    if (key.roles.size() == 4) return corrupt_trust_file(file_, "a key has more roles than there are");
    const auto role_name = role.as_string();
    if (!role_name) return corrupt_trust_file(file_, "a role is not a string");
    // A role that this release does not know may be needed to judge: better refused than ignored.
    if (!is_role(*role_name)) return newer_bundle(file_, fmt::format("role \"{}\"", for_message(*role_name)));
    key.roles.emplace_back(*role_name);
  }
  return key;
}

Result<RevokedKey> RootParser::parse_revoked(JsonValue value) const {
  PANNIER_TRY(check_bundle_members(value, {"id", "name", "public_key", "roles", "cutoffs", "reason"}, file_));
  const JsonReader reader(value, file_);
  RevokedKey revoked;
  PANNIER_ASSIGN(revoked.key, parse_key(value));
  PANNIER_ASSIGN(revoked.reason, reader.string("reason"));
  PANNIER_ASSIGN(const JsonValue cutoffs, objects(reader, "cutoffs", limits::kChannelsMax));
  for (const JsonValue element : cutoffs.elements()) {
    PANNIER_TRY(check_bundle_members(element, {"channel", "sequence"}, file_));
    const JsonReader members(element, file_);
    RevocationCutoff cutoff;
    PANNIER_ASSIGN(cutoff.channel, members.string("channel"));
    PANNIER_ASSIGN(cutoff.sequence, members.unsigned_integer("sequence", limits::kSequenceMax));
    revoked.cutoffs.push_back(std::move(cutoff));
  }
  return revoked;
}

Result<TrustRoot> RootParser::parse() const {
  if (!root_.is_object()) return corrupt_trust_file(file_, "the payload is not a JSON object");
  PANNIER_TRY(check_bundle_version(root_, file_));
  PANNIER_TRY(check_bundle_members(
      root_, {"version", "number", "name", "threshold", "keys", "policy", "revoked"}, file_));
  TrustRoot root;
  PANNIER_ASSIGN(root.number, reader_.unsigned_integer("number", limits::kRootNumberMax));
  PANNIER_ASSIGN(root.name, reader_.string("name"));
  PANNIER_ASSIGN(const uint64_t threshold, reader_.unsigned_integer("threshold", limits::kRootKeysMax));
  root.threshold = static_cast<uint32_t>(threshold);
  PANNIER_ASSIGN(const JsonValue keys, objects(reader_, "keys", limits::kRootKeysMax));
  for (const JsonValue element : keys.elements()) {
    PANNIER_TRY(check_bundle_members(element, {"id", "name", "public_key", "roles"}, file_));
    PANNIER_ASSIGN(RootKey key, parse_key(element));
    root.keys.push_back(std::move(key));
  }
  PANNIER_ASSIGN(const JsonValue policy, objects(reader_, "policy", 4));
  for (const JsonValue element : policy.elements()) {
    PANNIER_TRY(check_bundle_members(element, {"role", "count"}, file_));
    const JsonReader members(element, file_);
    RoleCount wanted;
    PANNIER_ASSIGN(wanted.role, members.string("role"));
    PANNIER_ASSIGN(const uint64_t count, members.unsigned_integer("count", limits::kRootKeysMax));
    wanted.count = static_cast<uint32_t>(count);
    root.policy.push_back(std::move(wanted));
  }
  PANNIER_ASSIGN(const JsonValue revoked, objects(reader_, "revoked", limits::kRevokedKeysMax));
  for (const JsonValue element : revoked.elements()) {
    PANNIER_ASSIGN(RevokedKey key, parse_revoked(element));
    root.revoked.push_back(std::move(key));
  }
  return root;
}

}  // namespace

DsseEnvelope trust_root_envelope(const TrustRoot& root) {
  DsseEnvelope envelope;
  envelope.payload_type = kTrustRootType;
  envelope.payload = write_payload(root);
  return envelope;
}

Result<TrustRoot> parse_trust_root(std::string_view json, std::string_view what) {
  PANNIER_ASSIGN(DsseEnvelope envelope, parse_dsse(json, kTrustRootType, limits::kRootBytesMax, what));
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(envelope.payload, what));
  PANNIER_ASSIGN(TrustRoot root, RootParser(document.root(), what).parse());
  if (const Status status = check_trust_root(root); !status.ok()) {
    const Error& error = status.error();
    if (error.kind == ErrorKind::kLimit) return with_context(error, std::string(what));
    return corrupt_trust_file(what, error.message);
  }
  PANNIER_TRY(check_trust_canonical(write_payload(root), envelope.payload, what));
  root.envelope = std::move(envelope);
  return root;
}

}  // namespace pannier

// Writes approvals in the one canonical way, and accepts nothing else.
#include "format/approval.h"

#include <fmt/core.h>

#include "base/display.h"
#include "base/json.h"
#include "base/limits.h"
#include "format/bundle_canonical.h"
#include "format/oci.h"
#include "format/trust_json.h"

namespace pannier {
namespace {

std::string write_payload(const Approval& approval) {
  JsonWriter json;
  json.begin_object();
  json.member("version", uint64_t{1});
  json.member("payload_digest", approval.payload_digest.oci());
  json.key("names").begin_array();
  for (const std::string& name : approval.names) json.string(name);
  json.end_array();
  if (approval.comment) {
    json.member("comment", *approval.comment);
  } else {
    json.key("comment").null();
  }
  json.end_object();
  return json.take();
}

}  // namespace

Status check_approval(const Approval& approval) {
  if (approval.names.empty()) return Error{ErrorKind::kInvalid, "an approval names nothing", ""};
  for (size_t i = 0; i < approval.names.size(); ++i) {
    PANNIER_TRY(check_ref_name(approval.names[i]));
    if (i > 0 && approval.names[i] <= approval.names[i - 1]) {
      return Error{ErrorKind::kInvalid, "the names of an approval are not sorted, or one stands twice", ""};
    }
  }
  if (approval.comment && approval.comment->size() > limits::kRootTextBytesMax) {
    return Error{ErrorKind::kInvalid,
                 fmt::format("a comment of {} bytes, at most {} are allowed", approval.comment->size(),
                             limits::kRootTextBytesMax),
                 "say less, and point to the long report"};
  }
  return {};
}

DsseEnvelope approval_envelope(const Approval& approval) {
  DsseEnvelope envelope;
  envelope.payload_type = kApprovalType;
  envelope.payload = write_payload(approval);
  return envelope;
}

Result<Approval> parse_approval_payload(std::string_view payload, std::string_view what) {
  PANNIER_ASSIGN(const JsonDocument document, JsonDocument::parse_view(payload, what));
  const JsonValue root = document.root();
  if (!root.is_object()) return corrupt_trust_file(what, "the payload is not a JSON object");
  PANNIER_TRY(check_bundle_version(root, what));
  PANNIER_TRY(check_bundle_members(root, {"version", "payload_digest", "names", "comment"}, what));
  const JsonReader reader(root, what);
  Approval approval;
  PANNIER_ASSIGN(const std::string digest, reader.string("payload_digest"));
  const auto payload_digest = digest_from_oci(digest);
  if (!payload_digest.ok()) {
    return corrupt_trust_file(what, fmt::format("\"payload_digest\": {}", payload_digest.error().message));
  }
  approval.payload_digest = *payload_digest;
  PANNIER_ASSIGN(const JsonValue names, reader.array("names"));
  if (names.size() > limits::kModelsPerBundleMax) {
    return Error{
        ErrorKind::kLimit,
        fmt::format("{}: {} names, at most {} are allowed", what, names.size(), limits::kModelsPerBundleMax),
        ""};
  }
  for (const JsonValue name : names.elements()) {
    const auto text = name.as_string();
    if (!text) return corrupt_trust_file(what, "a name is not a string");
    approval.names.emplace_back(*text);
  }
  if (!root["comment"].is_null()) {
    PANNIER_ASSIGN(approval.comment, reader.string("comment"));
  }
  if (const Status status = check_approval(approval); !status.ok()) {
    return corrupt_trust_file(what, status.error().message);
  }
  PANNIER_TRY(check_trust_canonical(write_payload(approval), payload, what));
  return approval;
}

Result<SignedApproval> parse_approval(std::string_view json, std::string_view what) {
  SignedApproval found;
  PANNIER_ASSIGN(found.envelope, parse_dsse(json, kApprovalType, limits::kApprovalBytesMax, what));
  PANNIER_ASSIGN(found.approval, parse_approval_payload(found.envelope.payload, what));
  return found;
}

}  // namespace pannier

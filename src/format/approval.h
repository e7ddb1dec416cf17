// An approval: a reviewer's countersignature over a payload digest, in a small file beside the bundle, so
// that a medium that cannot be written stays as it is. Page: docs/formats/trust.md, section 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "format/dsse.h"

namespace pannier {

inline constexpr std::string_view kApprovalType = "application/vnd.pannier.approval.v1+json";
inline constexpr std::string_view kApprovalSuffix = ".approval";  // of NAME.pannier.approval

struct Approval {
  Digest payload_digest;
  std::vector<std::string> names;      // of what the bundle holds, as the reviewer saw them; sorted, unique
  std::optional<std::string> comment;  // of the reviewer

  friend bool operator==(const Approval&, const Approval&) = default;
};

// That it can be written: names sorted and valid, at least one; a comment of bounded length. kInvalid.
Status check_approval(const Approval& approval);

// The envelope without signatures; `sign_envelope` adds them. REQUIRES: check_approval holds.
DsseEnvelope approval_envelope(const Approval& approval);

struct SignedApproval {
  DsseEnvelope envelope;
  Approval approval;  // what the payload says
};

// Accepts exactly what write_dsse writes of such an envelope, else kCorrupt; kUnsupported, kLimit. No
// signature is checked. `what` names the file in messages.
Result<SignedApproval> parse_approval(std::string_view json, std::string_view what);

// What the payload of an approval's envelope says; errors as parse_approval.
Result<Approval> parse_approval_payload(std::string_view payload, std::string_view what);

}  // namespace pannier

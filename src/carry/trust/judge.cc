// Counts who vouches for a bundle, role by role, by the root that is in force.
#include "carry/trust/judge.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/display.h"
#include "format/approval.h"
#include "format/trust_bundle.h"

namespace pannier {
namespace {

// "4f2a…": enough of a key id to find it.
std::string short_id(const Digest& id) { return id.hex().substr(0, 16) + "…"; }

// A root's view of one key, live or revoked, at this bundle's place of its channel.
struct KnownKey {
  const RootKey* key = nullptr;  // null: the root does not know it
  bool is_revoked = false;
};

KnownKey find_key(const TrustRoot& root, const Digest& id, const BundleStatement& statement) {
  if (const RootKey* live = root.live_key(id)) return {live, false};
  const RevokedKey* revoked = root.revoked_key(id);
  if (revoked == nullptr) return {};
  return {&revoked->key, !revoked->counts_at(statement.channel, statement.sequence)};
}

// Adds a voucher for each signature of the envelope. A signature that does not verify is an attack or damage
// and ends the judging: whoever could put it there may have changed more.
Status add_vouchers(const TrustRoot& root, const DsseEnvelope& envelope, const BundleStatement& statement,
                    bool is_approval, Verdict& verdict) {
  const std::string signed_bytes = dsse_signed_bytes(envelope.payload_type, envelope.payload);
  for (const DsseSignature& signature : envelope.signatures) {
    Voucher voucher;
    voucher.key_id = signature.key_id;
    voucher.is_approval = is_approval;
    const KnownKey known = find_key(root, signature.key_id, statement);
    if (known.key != nullptr) {
      voucher.name = known.key->name;
      voucher.roles = known.key->roles;
      voucher.revoked = known.is_revoked;
      voucher.valid = verify_p256(known.key->key, as_bytes(signed_bytes), signature.signature);
      if (!voucher.valid) {
        return Error{ErrorKind::kUntrusted,
                     fmt::format("the signature of {} ({}) on the {} does not verify", voucher.name,
                                 short_id(voucher.key_id), is_approval ? "approval" : "statement"),
                     "it was damaged or forged; fetch it again from whoever signed it"};
      }
    }
    verdict.vouchers.push_back(std::move(voucher));
  }
  return {};
}

Status check_approval_is_of(const DsseEnvelope& envelope, const Digest& payload_digest) {
  if (envelope.payload_type != kApprovalType) {
    return Error{ErrorKind::kUntrusted, "what was given as an approval is something else", ""};
  }
  PANNIER_ASSIGN(const Approval approval, parse_approval_payload(envelope.payload, "an approval"));
  if (approval.payload_digest == payload_digest) return {};
  return Error{ErrorKind::kUntrusted,
               fmt::format("an approval is of other contents: of payload {}, the bundle's is {}",
                           approval.payload_digest.oci(), payload_digest.oci()),
               "leave it out, or ask the reviewer for one of this bundle"};
}

uint32_t count_for_role(const Verdict& verdict, std::string_view role) {
  std::set<Digest> keys;  // one key counts once
  for (const Voucher& voucher : verdict.vouchers) {
    if (voucher.counts_as(role)) keys.insert(voucher.key_id);
  }
  return static_cast<uint32_t>(keys.size());
}

std::string remedy_for(std::string_view role, const Verdict& verdict) {
  if (role == kRoleReviewer) return "`pannier approve FILE --key K` makes a countersignature";
  const bool by_revoked = std::any_of(verdict.vouchers.begin(), verdict.vouchers.end(),
                                      [](const Voucher& voucher) { return voucher.revoked; });
  if (by_revoked) return "a key that signed it is revoked: have it packed again and signed by another";
  const bool by_stranger = std::any_of(verdict.vouchers.begin(), verdict.vouchers.end(),
                                       [](const Voucher& voucher) { return voucher.name.empty(); });
  if (by_stranger)
    return "if the packer's key is new, `pannier keys import FILE` brings the root that names it";
  return "have it packed with `pannier pack --key K` by a packer that the root names";
}

void apply_policy(const TrustRoot& root, Verdict& verdict) {
  for (const RoleCount& wanted : policy_of(root)) {
    const uint32_t count = count_for_role(verdict, wanted.role);
    if (count >= wanted.count) continue;
    const std::string so_far = count == 0 ? std::string("none") : std::to_string(count);
    verdict.missing += fmt::format("{}{} >= {} ({} so far)", verdict.missing.empty() ? "" : ", ", wanted.role,
                                   wanted.count, so_far);
    verdict.remedy += (verdict.remedy.empty() ? "" : "; ") + remedy_for(wanted.role, verdict);
  }
  verdict.state = verdict.missing.empty() ? TrustState::kTrusted : TrustState::kUntrusted;
}

}  // namespace

std::vector<RoleCount> policy_of(const TrustRoot& root) {
  std::vector<RoleCount> policy = root.policy;
  const bool has_packer = std::any_of(policy.begin(), policy.end(),
                                      [](const RoleCount& wanted) { return wanted.role == kRolePacker; });
  if (!has_packer) policy.insert(policy.begin(), {std::string(kRolePacker), 1});
  return policy;
}

const char* trust_state_name(TrustState state) {
  switch (state) {
    case TrustState::kUnsigned:
      return "unsigned";
    case TrustState::kUntrusted:
      return "untrusted";
    case TrustState::kTrusted:
      return "trusted";
  }
  return "untrusted";
}

bool Voucher::counts_as(std::string_view role) const {
  if (!valid || revoked || (is_approval && role == kRolePacker)) return false;
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

Result<Verdict> judge_bundle(const TrustRoots& roots, const BundleClaims& claims) {
  Verdict verdict;
  std::vector<TrustRoot> carried;
  if (!claims.trust_json.empty()) {
    PANNIER_ASSIGN(carried, parse_trust_bundle(claims.trust_json, kBundleTrustPath));
  }
  PANNIER_ASSIGN(const std::vector<TrustRoot> added, following_roots(roots, std::move(carried)));
  for (const TrustRoot& root : added) verdict.new_roots.push_back(write_dsse(root.envelope));
  for (const DsseEnvelope& approval : claims.approvals) {
    PANNIER_TRY(check_approval_is_of(approval, claims.statement.payload_digest));
  }
  if (const TrustRoot* root = added.empty() ? roots.current() : &added.back()) verdict.root = *root;
  const TrustRoot nobody;
  const TrustRoot& root = verdict.root ? *verdict.root : nobody;
  PANNIER_TRY(add_vouchers(root, claims.envelope, claims.statement, false, verdict));
  for (const DsseEnvelope& approval : claims.approvals) {
    PANNIER_TRY(add_vouchers(root, approval, claims.statement, true, verdict));
  }
  if (!verdict.root) {
    verdict.state = claims.envelope.signatures.empty() ? TrustState::kUnsigned : TrustState::kUntrusted;
    verdict.missing = verdict.state == TrustState::kUnsigned ? "nobody signed it" : "no root is trusted here";
    verdict.remedy = "`pannier keys trust FILE` trusts a first root by its fingerprint";
    return verdict;
  }
  verdict.root_number = root.number;
  apply_policy(root, verdict);
  // Approvals alone leave a bundle unsigned: nobody said of which channel and number it is.
  if (claims.envelope.signatures.empty()) verdict.state = TrustState::kUnsigned;
  return verdict;
}

Status require_trust(const Verdict& verdict, bool allow_unsigned, std::string_view what) {
  if (verdict.state == TrustState::kTrusted || allow_unsigned) return {};
  const bool is_unsigned = verdict.state == TrustState::kUnsigned;
  return Error{is_unsigned ? ErrorKind::kUnsigned : ErrorKind::kUntrusted,
               fmt::format("{}: {}; missing: {}", what,
                           is_unsigned ? "nobody signed it" : "it is not trusted", verdict.missing),
               verdict.remedy + "; --allow-unsigned takes it all the same, and the audit log says so"};
}

std::vector<std::string> voucher_names(const Verdict& verdict) {
  std::set<std::string> names;
  for (const Voucher& voucher : verdict.vouchers) {
    if (voucher.valid && !voucher.revoked) names.insert(voucher.name);
  }
  return {names.begin(), names.end()};
}

}  // namespace pannier

// judge_bundle: who vouches for a bundle, by the root that is in force here, and what the policy still
// misses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "carry/trust/trust_store.h"
#include "format/bundle_statement.h"
#include "format/dsse.h"

namespace pannier {

// What a root asks of a bundle: whatever its policy says of others, nothing is taken that no packer signed.
std::vector<RoleCount> policy_of(const TrustRoot& root);

enum class TrustState {
  kUnsigned,   // nobody signed it
  kUntrusted,  // signed, but not by whom the root and its policy ask for, or there is no root here
  kTrusted,
};
const char* trust_state_name(TrustState state);  // "unsigned", "untrusted", "trusted"

// One signature or countersignature, as the root sees it.
struct Voucher {
  Digest key_id;
  std::string name;                // in the root; empty for a key that it does not know
  std::vector<std::string> roles;  // "packer", "reviewer", …
  bool valid = false;              // the signature verifies; of a key that is not known nobody can tell
  bool revoked = false;            // and this bundle lies at or behind the cut-off, so it does not count
  bool is_approval = false;        // of a detached file

  // Whether it counts as one of this role. An approval is over contents alone, so it never makes a packer,
  // who vouches for channel and sequence number too.
  bool counts_as(std::string_view role) const;
};

struct Verdict {
  TrustState state = TrustState::kUnsigned;
  std::vector<Voucher> vouchers;
  std::string missing;            // "reviewer >= 1 (none so far)"; empty when trusted
  std::string remedy;             // what to do about that; empty when trusted
  uint64_t root_number = 0;       // in force for this judgement, after the roots in the bundle; 0: none here
  std::optional<TrustRoot> root;  // that one
  std::vector<std::string> new_roots;  // envelopes of the bundle that follow ours: to be kept by `install`
};

struct BundleClaims {
  const DsseEnvelope& envelope;
  const BundleStatement& statement;
  std::string_view trust_json;          // contents of pannier/trust.json; empty: none
  std::vector<DsseEnvelope> approvals;  // detached files of this payload digest
};

// kUntrusted where a signature by a key that the root knows does not verify (an attack or damage), a chain
// of roots is broken, or an approval is of other contents; kCorrupt, kUnsupported, kLimit for roots and
// approvals that cannot be read; else the verdict says what there is. `claims.trust_json` must be checked
// against the statement's digest before. Reads no file.
Result<Verdict> judge_bundle(const TrustRoots& roots, const BundleClaims& claims);

// What `install` does with a verdict: nothing where it is trusted or `allow_unsigned`; else kUnsigned or
// kUntrusted with what is missing and the remedy. `what` names the bundle.
Status require_trust(const Verdict& verdict, bool allow_unsigned, std::string_view what);

// The names of those who vouch and count (key ids of unnamed ones left out): for the audit log.
std::vector<std::string> voucher_names(const Verdict& verdict);

}  // namespace pannier

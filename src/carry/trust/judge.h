// judge_bundle: who vouches for a bundle, by the root that is in force here, and what the policy still
// misses.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/result.h"
#include "carry/trust/trust_store.h"
#include "format/bundle_statement.h"
#include "format/dsse.h"

namespace pannier {

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
  bool valid = false;              // the signature verifies
  bool revoked = false;            // and this bundle lies behind the cut-off
  bool is_approval = false;        // of a detached file
};

struct Verdict {
  TrustState state = TrustState::kUnsigned;
  std::vector<Voucher> vouchers;
  std::string missing;       // "reviewer >= 1 (0 so far)"; empty when trusted
  uint64_t root_number = 0;  // in force for this judgement, after the roots in the bundle; 0: none here
  std::vector<std::string> new_roots;  // envelopes of the bundle that follow ours: to be kept by `install`
};

struct BundleClaims {
  const DsseEnvelope& envelope;
  const BundleStatement& statement;
  std::string_view trust_json;          // contents of pannier/trust.json; empty: none
  std::vector<DsseEnvelope> approvals;  // detached files of this payload digest
};

// kUntrusted where a signature by a key that the root knows does not verify (an attack or damage), or a chain
// of roots is broken; else the verdict says what there is. Reads no file.
Result<Verdict> judge_bundle(const TrustRoots& roots, const BundleClaims& claims);

}  // namespace pannier

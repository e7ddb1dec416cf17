// The root: a signed document that says which keys may do what, how many of each a bundle needs, and which
// keys are revoked. Page: docs/formats/trust.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/p256.h"
#include "base/result.h"
#include "format/dsse.h"

namespace pannier {

inline constexpr std::string_view kTrustRootType = "application/vnd.pannier.root.v1+json";

// What a key may be for.
inline constexpr std::string_view kRoleRoot = "root";          // signs roots
inline constexpr std::string_view kRolePacker = "packer";      // signs statements of bundles
inline constexpr std::string_view kRoleReviewer = "reviewer";  // countersigns payloads
inline constexpr std::string_view kRoleReceiver = "receiver";  // signs receipts
bool is_role(std::string_view text);

struct RootKey {
  P256PublicKey key;
  std::string name;                // for people: "alice", [A-Za-z0-9._@-]{1,64}
  std::vector<std::string> roles;  // sorted: "packer", "receiver", "reviewer", "root"

  bool has_role(std::string_view role) const;
  friend bool operator==(const RootKey&, const RootKey&) = default;
};

// From this sequence number of a channel on (it included) nothing that the key signed counts.
struct RevocationCutoff {
  std::string channel;
  uint64_t sequence = 0;

  friend bool operator==(const RevocationCutoff&, const RevocationCutoff&) = default;
};
struct RevokedKey {
  RootKey key;
  std::vector<RevocationCutoff> cutoffs;  // sorted by channel; one that is not named: from the beginning
  std::string reason;

  // Whether what the key signed for this place of a channel still counts. An empty channel is none.
  bool counts_at(std::string_view channel, uint64_t sequence) const;
  friend bool operator==(const RevokedKey&, const RevokedKey&) = default;
};

struct RoleCount {
  std::string role;
  uint32_t count = 1;

  friend bool operator==(const RoleCount&, const RoleCount&) = default;
};

struct TrustRoot {
  uint64_t number = 1;
  std::string name;               // of the site or organisation
  uint32_t threshold = 1;         // of root keys that must sign this root and the next
  std::vector<RootKey> keys;      // sorted by key id
  std::vector<RoleCount> policy;  // sorted by role: what a bundle needs; "packer >= 1" where nothing is said
  std::vector<RevokedKey> revoked;  // sorted by key id
  // As it was read; without signatures and payload in a root that is being made.
  DsseEnvelope envelope;

  const RootKey* live_key(const Digest& id) const;        // null where there is none
  const RootKey* live_key(std::string_view name) const;   // by its name
  const RevokedKey* revoked_key(const Digest& id) const;  // null where there is none
  size_t count_of_role(std::string_view role) const;      // of live keys
};

// [A-Za-z0-9._@-]{1,64}, not beginning with '.' or '-', as a user's keys are called; else kInvalid.
Status check_root_key_name(std::string_view name);

// Brings keys, policy, roles, cut-offs into the order in which they are written.
void sort_trust_root(TrustRoot& root);

// That it can be written and means something: every key with a name of its own and known roles, no key live
// and revoked at once, at least `threshold` >= 1 root keys, a policy over packers and reviewers, everything
// sorted and within the limits. kInvalid, kLimit.
Status check_trust_root(const TrustRoot& root);

// The envelope without signatures; `sign_envelope` adds them. REQUIRES: check_trust_root holds.
DsseEnvelope trust_root_envelope(const TrustRoot& root);

// Accepts exactly what write_dsse writes of such an envelope, else kCorrupt; kUnsupported for another version
// or unknown members; kLimit. Signatures are read, not judged. `what` names the file in messages.
Result<TrustRoot> parse_trust_root(std::string_view json, std::string_view what);

// What a person compares: SHA-256 of the payload, so it is the same however many have signed.
Digest trust_root_fingerprint(const TrustRoot& root);

// How many of the root keys of `judge` have signed `root`. kUntrusted where a signature by one of them does
// not verify.
Result<uint32_t> count_root_signatures(const TrustRoot& root, const TrustRoot& judge);

// That a root is signed by its own threshold: kUntrusted, with how many are missing.
Status check_own_signatures(const TrustRoot& root);

// That `next` follows `previous`: the next number, signed by the threshold of the previous one's root keys
// and by its own, and no revoked key forgotten. kUntrusted.
Status check_root_chain(const TrustRoot& previous, const TrustRoot& next);

}  // namespace pannier

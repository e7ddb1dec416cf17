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

struct RootKey {
  P256PublicKey key;
  std::string name;                // for people: "alice", [A-Za-z0-9._@-]{1,64}
  std::vector<std::string> roles;  // sorted: "packer", "receiver", "reviewer", "root"
};

// From this sequence number of a channel on (it included) nothing that the key signed counts.
struct RevocationCutoff {
  std::string channel;
  uint64_t sequence = 0;
};
struct RevokedKey {
  RootKey key;
  std::vector<RevocationCutoff> cutoffs;  // channels that are not named: revoked from the beginning
  std::string reason;
};

struct RoleCount {
  std::string role;
  uint32_t count = 1;
};

struct TrustRoot {
  uint64_t number = 1;
  std::string name;               // of the site or organisation
  uint32_t threshold = 1;         // of root keys that must sign this root and the next
  std::vector<RootKey> keys;      // sorted by key id
  std::vector<RoleCount> policy;  // sorted by role: what a bundle needs; "packer >= 1" where nothing is said
  std::vector<RevokedKey> revoked;  // sorted by key id
  // As it was read.
  DsseEnvelope envelope;
};

}  // namespace pannier

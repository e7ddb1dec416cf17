// The trusted roots of a store: numbered, immutable, each signed by the one before it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "format/trust_root.h"

namespace pannier {

// Roots 1..N as read; empty where nobody trusted anything yet.
struct TrustRoots {
  std::vector<TrustRoot> chain;  // ascending, consecutive; the last is in force
  const TrustRoot* current() const { return chain.empty() ? nullptr : &chain.back(); }
};

// Reads ROOT/pannier/trust/roots and checks the chain again. An absent folder is no error. kCorrupt,
// kUntrusted.
Result<TrustRoots> read_trust_roots(FileSystem& fs, const std::string& store_root);

// Trusts a first root, whose fingerprint a person has confirmed. kInvalid where there is one already.
Status trust_first_root(FileSystem& fs, const std::string& store_root, const std::string& envelope);

// Adds the next ones, each checked against the one before it; those that are there already are skipped,
// another one under a number that is there is kUntrusted. Atomic one by one.
Status add_trust_roots(FileSystem& fs, const std::string& store_root,
                       const std::vector<std::string>& envelopes);

}  // namespace pannier

// The trusted roots of a store: numbered, immutable, each signed by the one before it.
// Page: docs/formats/trust.md, section 3.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "format/trust_root.h"

namespace pannier {

// The roots as read; empty where nobody trusted anything yet.
struct TrustRoots {
  std::vector<TrustRoot> chain;  // ascending, consecutive; the last is in force
  const TrustRoot* current() const { return chain.empty() ? nullptr : &chain.back(); }
};

// The folder of the roots, and the file of one.
std::string trust_roots_folder(const std::string& store_root);
std::string trust_root_path(const std::string& store_root, uint64_t number);

// Reads ROOT/pannier/trust/roots and checks the chain again. An absent folder is no error. kCorrupt,
// kUntrusted.
Result<TrustRoots> read_trust_roots(FileSystem& fs, const std::string& store_root);

// Trusts a first root, whose fingerprint a person has confirmed: of any number, signed by its own threshold.
// Makes the store where there is none. The same root again is fine; kInvalid where there is another already.
Status trust_first_root(FileSystem& fs, const std::string& store_root, const std::string& envelope);

// Adds the next ones, each checked against the one before it; those that are there already are skipped,
// another one under a number that is there is kUntrusted. Atomic one by one. kInvalid where no root is
// trusted yet.
Status add_trust_roots(FileSystem& fs, const std::string& store_root,
                       const std::vector<std::string>& envelopes);

// What `next` (ascending) adds to a chain, each checked against the one before it; roots that are in the
// chain, or from before it, are left out. kUntrusted: a gap, a broken chain, or another root under a number
// that is there. Reads no file.
Result<std::vector<TrustRoot>> following_roots(const TrustRoots& here, std::vector<TrustRoot> next);

}  // namespace pannier

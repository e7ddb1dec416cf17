// Making roots: the first one, the next one with other keys, and one that revokes a key; and what installed
// content a revocation touches. Page: docs/formats/trust.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/fs.h"
#include "base/result.h"
#include "carry/store/store.h"
#include "format/trust_root.h"

namespace pannier {

// The root behind `current` as it would be without any change: the next number, no signatures.
TrustRoot next_root(const TrustRoot& current);

// Gives `key` the role, under this name. kInvalid: another key has the name, the key another name, the key is
// revoked, or has the role already.
Status add_root_key(TrustRoot& root, const P256PublicKey& key, const std::string& name,
                    std::string_view role);

// Takes a key out by its name or id (whole, or its first 8 digits and more). It is then unknown: bundles that
// it signed no longer count, whenever it was. kNotFound with the names that there are; kInvalid for a
// beginning of several.
Status remove_root_key(TrustRoot& root, const std::string& key);

// The same, remembered: what it signed before the cut-offs of their channels still counts. A key that is
// revoked already gets these cut-offs and this reason in place of what it had.
Status revoke_root_key(TrustRoot& root, const std::string& key, std::vector<RevocationCutoff> cutoffs,
                       const std::string& reason);

// "packer >= 1, reviewer >= 2" and back. kInvalid.
Result<std::vector<RoleCount>> parse_policy(std::string_view text);
std::string policy_text(const TrustRoot& root);  // with "packer >= 1" where the root says nothing of packers

// "plant-7=17": nothing that the key signed for plant-7 from number 17 on counts. kInvalid.
Result<RevocationCutoff> parse_cutoff(std::string_view text);

// What a person should know before a root is signed: a policy that nobody can meet, a threshold that no loss
// is allowed for. Empty where all is well.
std::vector<std::string> root_warnings(const TrustRoot& root);

// Something installed whose bundle was signed by a revoked key at or behind the cut-off.
struct TouchedReference {
  std::string name;      // of the store
  std::string key_name;  // whose key it was
  std::string reason;
  std::string channel;  // empty: of none
  uint64_t sequence = 0;
};

// What of the newest generation a root's revocations touch and no other packer's signature on the same
// statement excuses, sorted by name. A statement that is gone or damaged is an error. kCorrupt, kIo.
Result<std::vector<TouchedReference>> touched_by_revocations(FileSystem& fs, const Store& store,
                                                             const TrustRoot& root);

}  // namespace pannier

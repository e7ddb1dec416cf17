// Rules of a root and of the chain that roots form. Reading and writing: trust_root_json.cc.
#include "format/trust_root.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/display.h"
#include "base/limits.h"
#include "format/bundle_statement.h"

namespace pannier {
namespace {

Error invalid(std::string message, std::string hint = "") {
  return {ErrorKind::kInvalid, std::move(message), std::move(hint)};
}

Error too_many(std::string_view what, size_t count, size_t max) {
  return {ErrorKind::kLimit, fmt::format("a root of {} {}, at most {} are allowed", count, what, max), ""};
}

// Strictly ascending by what `order` gives of each: sorted, and none twice.
template <class T, class Order>
bool is_ascending(const std::vector<T>& items, Order order) {
  return std::adjacent_find(items.begin(), items.end(),
                            [&](const T& a, const T& b) { return !(order(a) < order(b)); }) == items.end();
}

Digest id_of(const RootKey& key) { return key_id(key.key); }
Digest id_of_revoked(const RevokedKey& key) { return key_id(key.key.key); }

Status check_key(const RootKey& key) {
  PANNIER_TRY(check_root_key_name(key.name));
  if (key.roles.empty()) return invalid(fmt::format("the key {} has no role", key.name));
  for (const std::string& role : key.roles) {
    if (is_role(role)) continue;
    return invalid(fmt::format("\"{}\" is no role of a key", for_message(role)),
                   "roles are root, packer, reviewer, receiver");
  }
  if (!is_ascending(key.roles, [](const std::string& role) { return role; })) {
    return invalid(fmt::format("the roles of {} are not sorted, or one stands twice", key.name));
  }
  return {};
}

Status check_live_keys(const TrustRoot& root) {
  std::set<std::string> names;
  for (const RootKey& key : root.keys) {
    PANNIER_TRY(check_key(key));
    if (!names.insert(key.name).second) {
      return invalid(fmt::format("two keys are called {}", key.name), "give each key a name of its own");
    }
  }
  if (!is_ascending(root.keys, id_of)) return invalid("the keys are not sorted, or one stands twice");
  return {};
}

Status check_revoked_keys(const TrustRoot& root) {
  for (const RevokedKey& revoked : root.revoked) {
    PANNIER_TRY(check_key(revoked.key));
    if (root.live_key(id_of_revoked(revoked)) != nullptr) {
      return invalid(fmt::format("the key {} is in force and revoked at once", revoked.key.name),
                     "a revoked key does not come back: make a new one");
    }
    if (revoked.cutoffs.size() > limits::kChannelsMax) {
      return too_many("channels of a revoked key", revoked.cutoffs.size(), limits::kChannelsMax);
    }
    for (const RevocationCutoff& cutoff : revoked.cutoffs) {
      PANNIER_TRY(check_channel_name(cutoff.channel));
      if (cutoff.sequence == 0 || cutoff.sequence > limits::kSequenceMax) {
        return invalid(
            fmt::format("{} is no sequence number to revoke {} from", cutoff.sequence, revoked.key.name),
            "the first number of a channel that no longer counts: 1 or more");
      }
    }
    if (!is_ascending(revoked.cutoffs, [](const RevocationCutoff& cutoff) { return cutoff.channel; })) {
      return invalid(fmt::format("the channels of {} are not sorted, or one stands twice", revoked.key.name));
    }
    if (revoked.reason.size() > limits::kRootTextBytesMax) {
      return invalid(fmt::format("the reason for revoking {} is too long", revoked.key.name));
    }
  }
  if (!is_ascending(root.revoked, id_of_revoked)) {
    return invalid("the revoked keys are not sorted, or one stands twice");
  }
  return {};
}

// Only who vouches for a bundle can be asked for: receivers sign receipts, root keys sign roots.
Status check_policy(const TrustRoot& root) {
  for (const RoleCount& wanted : root.policy) {
    if (wanted.role != kRolePacker && wanted.role != kRoleReviewer) {
      return invalid(fmt::format("a policy cannot ask for \"{}\"", for_message(wanted.role)),
                     "it asks for packers and reviewers");
    }
    if (wanted.count == 0 || wanted.count > limits::kRootKeysMax) {
      return invalid(fmt::format("a policy cannot ask for {} of role {}", wanted.count, wanted.role),
                     fmt::format("1 to {}; leave a role out to ask for none", limits::kRootKeysMax));
    }
  }
  if (!is_ascending(root.policy, [](const RoleCount& wanted) { return wanted.role; })) {
    return invalid("the roles of the policy are not sorted, or one stands twice");
  }
  return {};
}

std::string root_label(const TrustRoot& root) { return fmt::format("root {}", root.number); }

// `whose` for the message: "its own root keys", "the 3 root keys of root 1".
Status check_threshold(const TrustRoot& root, const TrustRoot& judge, std::string_view whose) {
  PANNIER_ASSIGN(const uint32_t count, count_root_signatures(root, judge));
  if (count >= judge.threshold) return {};
  return Error{
      ErrorKind::kUntrusted,
      fmt::format("{} is signed by {} of {}, {} are needed", root_label(root), count, whose, judge.threshold),
      "have the others sign the file: pannier keys root sign FILE --key NAME"};
}

}  // namespace

bool is_role(std::string_view text) {
  return text == kRoleRoot || text == kRolePacker || text == kRoleReviewer || text == kRoleReceiver;
}

bool RootKey::has_role(std::string_view role) const {
  return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool RevokedKey::counts_at(std::string_view channel, uint64_t sequence) const {
  if (channel.empty()) return false;
  return std::any_of(cutoffs.begin(), cutoffs.end(), [&](const RevocationCutoff& cutoff) {
    return cutoff.channel == channel && sequence < cutoff.sequence;
  });
}

const RootKey* TrustRoot::live_key(const Digest& id) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const RootKey& key) { return id_of(key) == id; });
  return found == keys.end() ? nullptr : &*found;
}

const RootKey* TrustRoot::live_key(std::string_view wanted) const {
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const RootKey& key) { return key.name == wanted; });
  return found == keys.end() ? nullptr : &*found;
}

const RevokedKey* TrustRoot::revoked_key(const Digest& id) const {
  const auto found = std::find_if(revoked.begin(), revoked.end(),
                                  [&](const RevokedKey& key) { return id_of_revoked(key) == id; });
  return found == revoked.end() ? nullptr : &*found;
}

size_t TrustRoot::count_of_role(std::string_view role) const {
  return static_cast<size_t>(
      std::count_if(keys.begin(), keys.end(), [&](const RootKey& key) { return key.has_role(role); }));
}

Status check_root_key_name(std::string_view name) {
  const bool is_good = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '@' || c == '-';
  });
  const bool begins_well = !name.empty() && name.front() != '.' && name.front() != '-';
  if (is_good && begins_well && name.size() <= limits::kKeyNameBytesMax) return {};
  return invalid(fmt::format("\"{}\" is no name of a key", for_message(name)),
                 fmt::format("1 to {} letters, digits, '.', '_', '@' or '-', not beginning with '.' or '-'",
                             limits::kKeyNameBytesMax));
}

void sort_trust_root(TrustRoot& root) {
  const auto sort_roles = [](RootKey& key) { std::sort(key.roles.begin(), key.roles.end()); };
  for (RootKey& key : root.keys) sort_roles(key);
  for (RevokedKey& revoked : root.revoked) {
    sort_roles(revoked.key);
    std::sort(revoked.cutoffs.begin(), revoked.cutoffs.end(),
              [](const auto& a, const auto& b) { return a.channel < b.channel; });
  }
  std::sort(root.keys.begin(), root.keys.end(),
            [](const RootKey& a, const RootKey& b) { return id_of(a) < id_of(b); });
  std::sort(root.revoked.begin(), root.revoked.end(),
            [](const RevokedKey& a, const RevokedKey& b) { return id_of_revoked(a) < id_of_revoked(b); });
  std::sort(root.policy.begin(), root.policy.end(),
            [](const RoleCount& a, const RoleCount& b) { return a.role < b.role; });
}

Status check_trust_root(const TrustRoot& root) {
  if (root.number == 0 || root.number > limits::kRootNumberMax) {
    return invalid(fmt::format("{} is no number of a root", root.number));
  }
  if (root.name.empty() || root.name.size() > limits::kRootTextBytesMax) {
    return invalid(fmt::format("a root's name has {} bytes, 1 to {} are allowed", root.name.size(),
                               limits::kRootTextBytesMax));
  }
  if (root.keys.size() > limits::kRootKeysMax)
    return too_many("keys", root.keys.size(), limits::kRootKeysMax);
  if (root.revoked.size() > limits::kRevokedKeysMax) {
    return too_many("revoked keys", root.revoked.size(), limits::kRevokedKeysMax);
  }
  PANNIER_TRY(check_live_keys(root));
  PANNIER_TRY(check_revoked_keys(root));
  PANNIER_TRY(check_policy(root));
  const size_t root_keys = root.count_of_role(kRoleRoot);
  // More could never sign: an envelope holds so many signatures.
  if (root_keys > limits::kSignaturesMax) return too_many("root keys", root_keys, limits::kSignaturesMax);
  if (root.threshold == 0 || root.threshold > root_keys) {
    return invalid(fmt::format("a threshold of {} with {} root keys", root.threshold, root_keys),
                   "the threshold is at least 1, and there are at least as many root keys");
  }
  return {};
}

Digest trust_root_fingerprint(const TrustRoot& root) { return sha256(root.envelope.payload); }

Result<uint32_t> count_root_signatures(const TrustRoot& root, const TrustRoot& judge) {
  const std::string signed_bytes = dsse_signed_bytes(root.envelope.payload_type, root.envelope.payload);
  uint32_t count = 0;
  for (const DsseSignature& signature : root.envelope.signatures) {
    const RootKey* key = judge.live_key(signature.key_id);
    if (key == nullptr || !key->has_role(kRoleRoot)) continue;
    if (!verify_p256(key->key, as_bytes(signed_bytes), signature.signature)) {
      return Error{ErrorKind::kUntrusted,
                   fmt::format("{}: the signature of {} ({}…) does not verify", root_label(root), key->name,
                               signature.key_id.hex().substr(0, 16)),
                   "the file was damaged or forged; fetch it again from whoever made it"};
    }
    ++count;  // an envelope holds one signature of a key
  }
  return count;
}

Status check_own_signatures(const TrustRoot& root) {
  return check_threshold(root, root, "its own root keys");
}

Status check_root_chain(const TrustRoot& previous, const TrustRoot& next) {
  if (next.number != previous.number + 1) {
    return Error{ErrorKind::kUntrusted,
                 fmt::format("root {} does not follow root {}", next.number, previous.number),
                 fmt::format("root {} is needed first: pannier keys import FILE", previous.number + 1)};
  }
  PANNIER_TRY(check_threshold(
      next, previous,
      fmt::format("the {} root keys of root {}", previous.count_of_role(kRoleRoot), previous.number)));
  PANNIER_TRY(check_own_signatures(next));
  for (const RevokedKey& revoked : previous.revoked) {
    if (next.revoked_key(id_of_revoked(revoked)) != nullptr) continue;
    return Error{ErrorKind::kUntrusted,
                 fmt::format("{} forgets that the key {} was revoked", root_label(next), revoked.key.name),
                 "make it from the root before it: pannier keys rotate"};
  }
  return {};
}

}  // namespace pannier

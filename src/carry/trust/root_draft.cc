// Changes a root step by step, and refuses what would make no sense at once, with what to do instead.
#include "carry/trust/root_draft.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "base/display.h"
#include "base/limits.h"
#include "carry/trust/judge.h"
#include "format/bundle_statement.h"

namespace pannier {
namespace {

constexpr size_t kIdDigitsMin = 8;

Error invalid(std::string message, std::string hint = "") {
  return {ErrorKind::kInvalid, std::move(message), std::move(hint)};
}

bool is_called(const RootKey& key, const std::string& wanted) {
  if (key.name == wanted) return true;
  return wanted.size() >= kIdDigitsMin && key_id(key.key).hex().starts_with(wanted);
}

Error no_such_key(const TrustRoot& root, const std::string& wanted) {
  std::string names;
  for (const RootKey& key : root.keys) names += (names.empty() ? "" : ", ") + key.name;
  return {ErrorKind::kNotFound, fmt::format("root {} has no key \"{}\"", root.number, for_message(wanted)),
          "its keys: " + names};
}

// Takes the key out of the live ones.
Result<RootKey> take_key(TrustRoot& root, const std::string& wanted) {
  std::vector<RootKey> found;
  std::copy_if(root.keys.begin(), root.keys.end(), std::back_inserter(found),
               [&](const RootKey& key) { return is_called(key, wanted); });
  if (found.empty()) return no_such_key(root, wanted);
  if (found.size() > 1) {
    return invalid(fmt::format("\"{}\" means several keys of root {}", for_message(wanted), root.number),
                   "give more digits of the id");
  }
  std::erase(root.keys, found[0]);
  return found[0];
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Why a statement is touched: the revoked key's signature, where no packer in force signed it too.
const RevokedKey* touching_key(const TrustRoot& root, const SignedBundleStatement& found) {
  const RevokedKey* touching = nullptr;
  for (const DsseSignature& signature : found.envelope.signatures) {
    const RootKey* live = root.live_key(signature.key_id);
    if (live != nullptr && live->has_role(kRolePacker)) return nullptr;
    const RevokedKey* revoked = root.revoked_key(signature.key_id);
    if (revoked == nullptr) continue;
    if (!revoked->counts_at(found.statement.channel, found.statement.sequence)) touching = revoked;
  }
  return touching;
}

}  // namespace

TrustRoot next_root(const TrustRoot& current) {
  TrustRoot next = current;
  ++next.number;
  next.envelope = {};
  return next;
}

Status add_root_key(TrustRoot& root, const P256PublicKey& key, const std::string& name,
                    std::string_view role) {
  PANNIER_TRY(check_root_key_name(name));
  const Digest id = key_id(key);
  if (root.revoked_key(id) != nullptr) {
    return invalid(fmt::format("the key of {} is revoked", name),
                   "a revoked key does not come back: make a new one");
  }
  for (RootKey& known : root.keys) {
    const bool is_same = known.key == key;
    if (!is_same && known.name == name) {
      return invalid(fmt::format("another key is called {} already", name),
                     fmt::format("give this one another name, or take the old one out: --remove {}", name));
    }
    if (!is_same) continue;
    if (known.name != name) {
      return invalid(fmt::format("the key of {} is in the root as {}", name, known.name),
                     fmt::format("one key has one name: call it {}", known.name));
    }
    if (known.has_role(role)) return invalid(fmt::format("{} is a {} already", name, role));
    known.roles.emplace_back(role);
    sort_trust_root(root);
    return {};
  }
  root.keys.push_back({key, name, {std::string(role)}});
  sort_trust_root(root);
  return {};
}

Status remove_root_key(TrustRoot& root, const std::string& key) {
  PANNIER_TRY(take_key(root, key));
  return {};
}

Status revoke_root_key(TrustRoot& root, const std::string& key, std::vector<RevocationCutoff> cutoffs,
                       const std::string& reason) {
  const auto known = std::find_if(root.revoked.begin(), root.revoked.end(), [&](const RevokedKey& revoked) {
    return is_called(revoked.key, key) && root.live_key(std::string_view(key)) == nullptr;
  });
  if (known != root.revoked.end()) {
    known->cutoffs = std::move(cutoffs);
    known->reason = reason;
  } else {
    PANNIER_ASSIGN(RootKey taken, take_key(root, key));
    root.revoked.push_back({std::move(taken), std::move(cutoffs), reason});
  }
  sort_trust_root(root);
  return {};
}

Result<std::vector<RoleCount>> parse_policy(std::string_view text) {
  std::vector<RoleCount> policy;
  for (bool has_more = true; has_more;) {
    const size_t comma = text.find(',');
    has_more = comma != std::string_view::npos;
    const std::string_view part = trimmed(text.substr(0, comma));
    if (has_more) text.remove_prefix(comma + 1);
    const size_t sign = part.find(">=");
    const std::string_view role = trimmed(part.substr(0, sign));
    const auto count = sign == std::string_view::npos
                           ? std::nullopt
                           : parse_number<uint32_t>(trimmed(part.substr(sign + 2)));
    if (!count || (role != kRolePacker && role != kRoleReviewer)) {
      return invalid(fmt::format("\"{}\" is no part of a policy", for_message(part)),
                     "as in 'packer >= 1, reviewer >= 1'");
    }
    const bool is_twice =
        std::any_of(policy.begin(), policy.end(), [&](const RoleCount& known) { return known.role == role; });
    if (is_twice) return invalid(fmt::format("the policy says {} twice", role));
    if (*count > 0) policy.push_back({std::string(role), *count});
  }
  std::sort(policy.begin(), policy.end(),
            [](const RoleCount& a, const RoleCount& b) { return a.role < b.role; });
  return policy;
}

std::string policy_text(const TrustRoot& root) {
  std::string text;
  for (const RoleCount& wanted : policy_of(root)) {
    text += fmt::format("{}{} >= {}", text.empty() ? "" : ", ", wanted.role, wanted.count);
  }
  return text;
}

Result<RevocationCutoff> parse_cutoff(std::string_view text) {
  const size_t sign = text.rfind('=');
  const auto sequence =
      sign == std::string_view::npos ? std::nullopt : parse_number<uint64_t>(text.substr(sign + 1));
  if (!sequence || *sequence == 0 || *sequence > limits::kSequenceMax) {
    return invalid(fmt::format("\"{}\" says no channel and number", for_message(text)),
                   "as in plant-7=17: number 17 of plant-7 is the first that no longer counts");
  }
  RevocationCutoff cutoff{std::string(text.substr(0, sign)), *sequence};
  PANNIER_TRY(check_channel_name(cutoff.channel));
  return cutoff;
}

std::vector<std::string> root_warnings(const TrustRoot& root) {
  std::vector<std::string> warnings;
  for (const RoleCount& one : policy_of(root)) {
    const size_t count = root.count_of_role(one.role);
    if (count >= one.count) continue;
    warnings.push_back(fmt::format("no bundle can meet the policy: {} >= {}, but the root names {}", one.role,
                                   one.count, count));
    break;
  }
  const size_t root_keys = root.count_of_role(kRoleRoot);
  if (root_keys == root.threshold) {
    warnings.push_back(fmt::format(
        "all {} root keys must sign: when one is lost, no next root can be made; add a spare", root_keys));
  }
  return warnings;
}

Result<std::vector<TouchedReference>> touched_by_revocations(FileSystem& fs, const Store& store,
                                                             const TrustRoot& root) {
  PANNIER_ASSIGN(const ImageIndex index, store.references());
  std::map<Digest, SignedBundleStatement> statements;  // many references come from one bundle
  std::vector<TouchedReference> touched;
  for (const Reference& reference : index.references) {
    if (!reference.origin) continue;
    auto known = statements.find(*reference.origin);
    if (known == statements.end()) {
      const std::string path = store.blob_path(*reference.origin);
      PANNIER_ASSIGN(const std::string file, read_small_file(fs, path, limits::kStatementBytesMax));
      if (sha256(file) != *reference.origin) {
        return Error{ErrorKind::kCorrupt, path + " does not match its digest",
                     "pannier fsck tells what can heal it"};
      }
      PANNIER_ASSIGN(SignedBundleStatement parsed, parse_bundle_statement(file, path));
      known = statements.emplace(*reference.origin, std::move(parsed)).first;
    }
    const RevokedKey* revoked = touching_key(root, known->second);
    if (revoked == nullptr) continue;
    const BundleStatement& statement = known->second.statement;
    touched.push_back(
        {reference.name, revoked->key.name, revoked->reason, statement.channel, statement.sequence});
  }
  return touched;
}

}  // namespace pannier

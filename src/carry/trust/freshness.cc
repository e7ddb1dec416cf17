// Compares a bundle's place in its channel with the store's.
#include "carry/trust/freshness.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace pannier {
namespace {

constexpr size_t kDigestHexShown = 16;  // enough of a digest to find it

const ChannelState* find_channel(const ImageIndex& here, const std::string& name) {
  const auto found = std::find_if(here.channels.begin(), here.channels.end(),
                                  [&](const ChannelState& channel) { return channel.name == name; });
  return found == here.channels.end() ? nullptr : &*found;
}

std::optional<SignedBundleStatement> read_recorded(const ChannelState& channel,
                                                   const FreshnessOptions& options) {
  if (!options.read_statement) return std::nullopt;
  const auto bytes = options.read_statement(channel.statement);
  if (!bytes.ok()) return std::nullopt;
  auto parsed = parse_bundle_statement(*bytes, "the store");
  if (!parsed.ok()) return std::nullopt;
  return std::move(parsed).value();
}

// The highest sequence number of the channel that still counts. Whoever stole a packer's key could have sent
// a bundle numbered 9007199254740991, behind which nothing is newer; once that key is revoked, only what came
// before the cut-off is a measure.
uint64_t counted_sequence(const ChannelState& channel, const FreshnessOptions& options) {
  if (options.root == nullptr) return channel.sequence;
  const auto recorded = read_recorded(channel, options);
  if (!recorded) return channel.sequence;
  uint64_t cutoff = 0;
  bool has_revoked = false;
  for (const DsseSignature& signature : recorded->envelope.signatures) {
    const RootKey* live = options.root->live_key(signature.key_id);
    if (live != nullptr && live->has_role(kRolePacker)) return channel.sequence;  // somebody else vouches too
    const RevokedKey* revoked = options.root->revoked_key(signature.key_id);
    if (revoked == nullptr || !revoked->key.has_role(kRolePacker)) continue;
    if (revoked->counts_at(channel.name, channel.sequence)) return channel.sequence;
    has_revoked = true;
    for (const RevocationCutoff& known : revoked->cutoffs) {
      if (known.channel == channel.name) cutoff = std::max(cutoff, known.sequence);
    }
  }
  if (!has_revoked) return channel.sequence;
  return cutoff == 0 ? 0 : cutoff - 1;
}

std::string names_of(const ImageIndex& here) {
  std::vector<std::string> names;
  names.reserve(here.channels.size());
  for (const ChannelState& channel : here.channels) names.push_back(channel.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

Error other_channel(const BundleStatement& statement, const ImageIndex& here,
                    const FreshnessOptions& options) {
  std::string takes = names_of(here);
  if (!options.channels.empty()) {
    takes += fmt::format("{}{}", takes.empty() ? "" : ", ", fmt::join(options.channels, ", "));
  }
  if (takes.empty()) {
    return {ErrorKind::kStale,
            fmt::format("the bundle is number {} of channel {}, and this store has taken no channel yet",
                        statement.sequence, statement.channel),
            fmt::format("if {0} is the channel meant for this site, say so once: --channel {0}",
                        statement.channel)};
  }
  return {
      ErrorKind::kStale,
      fmt::format("the bundle is of channel {}; this store takes {}", statement.channel, takes),
      fmt::format("it was made for another site; if this one is to take {0} too, say so once: --channel {0}",
                  statement.channel)};
}

Status check_receipts(const BundleStatement& statement, const ReceiptsHere& receipts) {
  if (statement.receipts.empty()) return {};
  const bool is_ours =
      std::any_of(statement.receipts.begin(), statement.receipts.end(), [&](const Digest& one) {
        return std::find(receipts.issued.begin(), receipts.issued.end(), one) != receipts.issued.end();
      });
  if (is_ours) return {};
  return Error{ErrorKind::kStale,
               fmt::format("the bundle was made against a receipt ({}…) that this store did not issue, or no "
                           "longer knows",
                           statement.receipts.front().hex().substr(0, kDigestHexShown)),
               "make a receipt here (pannier receipt) and have the bundle packed against it, or whole"};
}

Error older(const BundleStatement& statement, uint64_t sequence_here) {
  return {ErrorKind::kStale,
          fmt::format("the bundle is number {} of channel {}; number {} was installed here already",
                      statement.sequence, statement.channel, sequence_here),
          "an old bundle brings old models back: ask the packer for a newer one; where this is meant, "
          "--allow-older (the audit log says so)"};
}

// One number, two statements. The same statement signed by one more key is still the same bundle.
bool is_same_statement(const BundleStatement& statement, const ChannelState& channel,
                       const FreshnessOptions& options) {
  const auto recorded = read_recorded(channel, options);
  return recorded && recorded->statement == statement;
}

Error fork(const BundleStatement& statement, const ChannelState& channel) {
  return {
      ErrorKind::kUntrusted,
      fmt::format("another bundle was installed here as number {} of channel {} (statement {}…)",
                  statement.sequence, statement.channel, channel.statement.hex().substr(0, kDigestHexShown)),
      "one number is given once: somebody with a packer's key made two bundles of it; ask the packer which "
      "one is real, and have it packed again under a new number"};
}

}  // namespace

const char* freshness_name(Freshness freshness) {
  switch (freshness) {
    case Freshness::kNew:
      return "new";
    case Freshness::kSame:
      return "same";
    case Freshness::kOlderAllowed:
      return "older, allowed";
  }
  return "new";
}

Result<FreshnessVerdict> check_freshness(const BundleStatement& statement, const Digest& statement_digest,
                                         const ImageIndex& here, const ReceiptsHere& receipts,
                                         const FreshnessOptions& options) {
  FreshnessVerdict verdict;
  if (statement.channel.empty()) {
    PANNIER_TRY(check_receipts(statement, receipts));
    return verdict;
  }
  const ChannelState* channel = find_channel(here, statement.channel);
  const bool is_named = std::find(options.channels.begin(), options.channels.end(), statement.channel) !=
                        options.channels.end();
  if (channel == nullptr) {
    // Without trust the name of a channel is only a claim, and nothing will be remembered of it.
    if (options.is_trusted && !is_named) return other_channel(statement, here, options);
    PANNIER_TRY(check_receipts(statement, receipts));
    verdict.is_first_of_channel = true;
    verdict.moves_channel = options.is_trusted;
    return verdict;
  }
  verdict.sequence_here = counted_sequence(*channel, options);
  const bool counts = verdict.sequence_here == channel->sequence;
  if (counts && statement.sequence == channel->sequence) {
    const bool is_same =
        statement_digest == channel->statement || is_same_statement(statement, *channel, options);
    if (!is_same) return fork(statement, *channel);
    verdict.state = Freshness::kSame;
    return verdict;
  }
  if (statement.sequence <= verdict.sequence_here) {
    if (!options.allow_older) return older(statement, verdict.sequence_here);
    PANNIER_TRY(check_receipts(statement, receipts));
    verdict.state = Freshness::kOlderAllowed;
    return verdict;
  }
  PANNIER_TRY(check_receipts(statement, receipts));
  verdict.moves_channel = options.is_trusted;
  return verdict;
}

}  // namespace pannier

// Reads what `pack` and `relay` are told: keys, roots, sizes, numbers.
#include "cli/packing_options.h"

#include <algorithm>

#include "base/limits.h"
#include "base/log.h"
#include "cli/passphrase.h"
#include "cli/signing_key.h"
#include "cli/size_argument.h"
#include "format/bundle_statement.h"
#include "format/trust_bundle.h"

namespace pannier {
namespace {

Result<std::string> read_trust_json(const std::vector<std::string>& paths) {
  if (paths.empty()) return std::string();
  std::vector<TrustRoot> roots;
  for (const std::string& path : paths) {
    PANNIER_ASSIGN(const std::string text, read_small_file(real_file_system(), path, limits::kTrustBytesMax));
    PANNIER_ASSIGN(TrustRoot root, parse_trust_root(text, path));
    roots.push_back(std::move(root));
  }
  std::sort(roots.begin(), roots.end(),
            [](const TrustRoot& a, const TrustRoot& b) { return a.number < b.number; });
  for (size_t i = 1; i < roots.size(); ++i) {
    if (roots[i].number == roots[i - 1].number + 1) continue;
    return Error{ErrorKind::kInvalid,
                 "the roots to carry are not consecutive: number " + std::to_string(roots[i].number) +
                     " follows " + std::to_string(roots[i - 1].number),
                 "give every root from the first one to the last"};
  }
  return write_trust_bundle(roots);
}

}  // namespace

std::optional<uint64_t> parse_sequence(const std::string& text) {
  if (text.empty() || text.size() > 16 || text.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  uint64_t sequence = 0;
  for (const char digit : text) sequence = sequence * 10 + static_cast<uint64_t>(digit - '0');
  if (sequence == 0 || sequence > limits::kSequenceMax) return std::nullopt;
  return sequence;
}

void PackingOptions::declare(Args& args) {
  args.option("-o,--output", "FILE", output, "the bundle to write, by custom NAME.pannier");
  args.option("--key", "NAME", keys, "sign the bundle and each model with this key (may be repeated)");
  args.option("--passphrase-fd", "N", passphrase_descriptor, kPassphraseOptionHelp);
  args.option("--channel", "NAME", channel,
              "the line of deliveries it belongs to, so that old is told from new");
  args.option("--sequence", "N", sequence, "its number in the channel; else the next of the ledger");
  args.option("--trust-root", "FILE", trust_roots, "carry this root along, for a far side that is behind");
  args.flag("--plain", plain, "encode nothing: the layout that tar and scanners read as it is");
  args.option("--volume-size", "SIZE", volume_size,
              "cut it into files of at most this: bytes, 4GB, 4GiB, or cd, dvd, bd25, bd50, fat32");
  args.flag("--read-back", read_back, "compare every byte with the medium (always done on removable ones)");
  args.option("--parity", "PERCENT", parity_percent, "add as much parity against damage and loss");
  args.flag("--force", overwrite, "replace FILE where it exists");
}

std::optional<uint64_t> PackingOptions::wanted_sequence() const { return parse_sequence(sequence); }

Status PackingOptions::check(const Args& args) const {
  if (output.empty() && !dry_run) return args.usage_error("no output is given", "say -o FILE");
  if (!sequence.empty() && channel.empty()) {
    return args.usage_error("--sequence without --channel", "name the channel too");
  }
  if (!sequence.empty() && !wanted_sequence()) {
    return args.usage_error("\"" + sequence + "\" is no sequence number", "it is a whole number from 1 on");
  }
  if (!channel.empty()) {
    PANNIER_TRY(check_channel_name(channel));
    if (keys.empty()) {
      return args.usage_error("--channel without --key",
                              "a number that nobody signed proves nothing: sign with --key NAME");
    }
  }
  return {};
}

Result<OpenedPacking> open_packing(const PackingOptions& options) {
  OpenedPacking opened;
  opened.options.output = options.output;
  opened.options.overwrite = options.overwrite;
  opened.options.dry_run = options.dry_run;
  opened.options.plain = options.plain;
  if (!options.volume_size.empty()) {
    PANNIER_ASSIGN(opened.options.volumes.volume_bytes, parse_size_argument(options.volume_size));
  }
  opened.options.read_back =
      options.read_back ||
      (!options.output.empty() && real_file_system().is_on_removable_medium(parent_folder(options.output)));
  opened.options.volumes.parity_percent = options.parity_percent.value_or(0);
  opened.options.claim.channel = options.channel;
  PANNIER_ASSIGN(opened.options.claim.trust_json, read_trust_json(options.trust_roots));
  if (options.dry_run) return opened;  // nothing is signed
  for (const std::string& name : options.keys) {
    PANNIER_ASSIGN(P256PrivateKey key, load_signing_key(name, options.passphrase_descriptor));
    opened.keys.push_back(std::move(key));
  }
  // Pointers into a vector that is only moved from now on.
  for (const P256PrivateKey& key : opened.keys) opened.options.claim.keys.push_back(&key);
  return opened;
}

void warn_of_missing_claims(const PackingOptions& options) {
  if (options.dry_run) return;
  if (options.keys.empty()) {
    log_warning("not signed: `install` takes it with --allow-unsigned alone; sign with --key NAME");
  } else if (options.channel.empty()) {
    log_note("of no channel: the far side cannot tell an old bundle from a new one (--channel NAME)");
  }
}

}  // namespace pannier

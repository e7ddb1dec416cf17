// keys revoke: the next root with a key that no longer counts, from a number of each channel on.
#include "base/display.h"
#include "carry/trust/root_draft.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

Result<int> run_keys_revoke(Args& args, std::span<const std::string> words) {
  std::string key;
  std::string file;
  std::string store;
  std::string output;
  std::string reason;
  std::vector<std::string> from;
  args.positional("KEY", key, "its name in the root, or its id", true);
  args.option("--from", "CHANNEL=NUMBER", from,
              "the first number of a channel that no longer counts; a channel that is not named: all of it");
  args.option("--reason", "TEXT", reason, "for those who read it on the far side");
  args.option("--root", "FILE", file, "the root to follow; else the one in force in the store");
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  args.option("-o,--output", "FILE", output, "where to write it (root-N.json)");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  std::vector<RevocationCutoff> cutoffs;
  for (const std::string& word : from) {
    PANNIER_ASSIGN(RevocationCutoff cutoff, parse_cutoff(word));
    cutoffs.push_back(std::move(cutoff));
  }
  PANNIER_ASSIGN(const TrustRoot current, root_to_follow(file, store));
  TrustRoot next = next_root(current);
  PANNIER_TRY(revoke_root_key(next, key, std::move(cutoffs), reason));
  if (output.empty()) output = "root-" + std::to_string(next.number) + ".json";
  PANNIER_TRY(make_root_draft(args, "keys revoke", next, output, for_display(key + ": " + reason)));
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysRevoke;
const Command kCmdKeysRevoke = {
    "keys revoke",
    "",
    "make the next root, in which a key is revoked",
    "keys revoke petra --root root-1.json --from plant-7=17 --reason 'laptop lost'\n"
    "keys revoke petra --root root-1.json --reason 'was never hers'   # all it ever signed",
    "corrupt, untrusted, not found, unsupported, limit, I/O",
    &run_keys_revoke,
};

}  // namespace pannier

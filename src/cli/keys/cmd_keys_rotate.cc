// keys rotate: the next root with other keys, another threshold or policy, to be signed.
#include "carry/trust/root_draft.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

Result<int> run_keys_rotate(Args& args, std::span<const std::string> words) {
  std::string file;
  std::string store;
  std::string output;
  std::string name;
  std::string policy;
  std::optional<uint32_t> threshold;
  std::vector<std::string> removed;
  RoleOptions roles;
  args.option("--root", "FILE", file, "the root to follow; else the one in force in the store");
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  args.option("--remove", "KEY", removed,
              "take a key out, by name or id: nothing that it signed counts from then on");
  roles.declare(args);
  args.option("--threshold", "K", threshold, "how many root keys must sign from then on");
  args.option("--policy", "TEXT", policy, "what a bundle needs: 'packer >= 1, reviewer >= 1'");
  args.option("--name", "TEXT", name, "another name of the root");
  args.option("-o,--output", "FILE", output, "where to write it (root-N.json)");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const TrustRoot current, root_to_follow(file, store));
  TrustRoot next = next_root(current);
  for (const std::string& key : removed) PANNIER_TRY(remove_root_key(next, key));
  PANNIER_TRY(roles.apply(next));
  if (threshold) next.threshold = *threshold;
  if (!name.empty()) next.name = name;
  if (!policy.empty()) {
    PANNIER_ASSIGN(next.policy, parse_policy(policy));
  }
  if (output.empty()) output = "root-" + std::to_string(next.number) + ".json";
  PANNIER_TRY(make_root_draft(args, "keys rotate", next, output));
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysRotate;
const Command kCmdKeysRotate = {
    "keys rotate",
    "",
    "make the next root: other keys, threshold or policy",
    "keys rotate --root root-1.json --remove petra --packer petra=petra-2.pub\n"
    "keys rotate --root root-1.json --policy 'packer >= 1, reviewer >= 2'",
    "corrupt, untrusted, not found, unsupported, limit, I/O",
    &run_keys_rotate,
};

}  // namespace pannier

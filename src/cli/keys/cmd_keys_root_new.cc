// keys root new: the first root of a site, to be signed by those who hold its root keys.
#include "carry/trust/root_draft.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"

namespace pannier {
namespace {

Result<int> run_keys_root_new(Args& args, std::span<const std::string> words) {
  std::string output = "root-1.json";
  std::string policy = "packer >= 1";
  std::optional<uint32_t> threshold;
  RoleOptions roles;
  TrustRoot root;
  args.option("--name", "TEXT", root.name, "what the root is of: a site, an organisation (needed)");
  args.option("--threshold", "K", threshold, "how many root keys must sign each root (1)");
  roles.declare(args);
  args.option("--policy", "TEXT", policy, "what a bundle needs ('packer >= 1')");
  args.option("-o,--output", "FILE", output, "where to write it (root-1.json)");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (root.name.empty()) return args.usage_error("a root needs a name", "--name 'Plant 7'");
  if (roles.root.empty()) return args.usage_error("a root needs a root key", "--root-key alice");
  root.threshold = threshold.value_or(1);
  PANNIER_ASSIGN(root.policy, parse_policy(policy));
  PANNIER_TRY(roles.apply(root));
  PANNIER_TRY(make_root_draft(args, "keys root new", root, output));
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysRootNew;
const Command kCmdKeysRootNew = {
    "keys root new",
    "",
    "make a first root",
    "keys root new --name 'Plant 7' --threshold 2 --root-key alice --root-key bob.pub --root-key carol.pub "
    "--packer petra.pub --reviewer rita.pub --policy 'packer >= 1, reviewer >= 1'\n"
    "keys root new --name Home --root-key me --packer me   # one person, one key",
    "corrupt, not found, limit, I/O",
    &run_keys_root_new,
};

}  // namespace pannier

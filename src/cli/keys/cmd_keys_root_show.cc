// keys root show: who may do what, by a file or by the root in force here.
#include "base/display.h"
#include "carry/store/store.h"
#include "carry/trust/trust_store.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"
#include "cli/output.h"
#include "cli/store_location.h"

namespace pannier {
namespace {

Result<int> run_keys_root_show(Args& args, std::span<const std::string> words) {
  std::string path;
  std::string store;
  args.positional("FILE", path, "a root; else the one in force in the store", false);
  args.option("--store", "FOLDER", store, kStoreOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const TrustRoot root, root_to_follow(path, store));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object();
    write_root_members(root, json);
    json.end_object();
    print_json(json);
  } else {
    print_root(root);
  }
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysRootShow;
const Command kCmdKeysRootShow = {
    "keys root show",
    "",
    "a root's fingerprint, policy and keys",
    "keys root show root-1.json\nkeys root show --store /srv/models",
    "corrupt, untrusted, not found, unsupported, limit, I/O",
    &run_keys_root_show,
};

}  // namespace pannier

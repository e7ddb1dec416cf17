// keys show: the fingerprint of a key, for two people to compare.
#include "base/display.h"
#include "base/json.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/key_report.h"
#include "cli/output.h"
#include "cli/signing_key.h"

namespace pannier {
namespace {

Result<int> run_keys_show(Args& args, std::span<const std::string> words) {
  std::string name;
  args.positional("NAME", name, "a name of `keys list`, or a file: ./alice.pub", true);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(const P256PublicKey key, load_public_key(name));
  if (args.json()) {
    JsonWriter json = json_result();
    json.begin_object().member("name", for_display(name));
    write_key_members(key, json);
    json.end_object();
    print_json(json);
    return kExitOk;
  }
  print_line("name         " + for_display(name));
  print_fingerprint(key);
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysShow;
const Command kCmdKeysShow = {
    "keys show",
    "",
    "a key's fingerprint, also in words for the telephone",
    "keys show alice\nkeys show ./bob.pub",
    "corrupt, not found, unsupported, limit, I/O",
    &run_keys_show,
};

}  // namespace pannier

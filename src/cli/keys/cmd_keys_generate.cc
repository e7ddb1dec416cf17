// keys generate: a new signing key, encrypted with a passphrase.
#include "base/display.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/key_report.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/signing_key.h"

namespace pannier {
namespace {

Result<int> run_keys_generate(Args& args, std::span<const std::string> words) {
  std::string name;
  std::optional<uint32_t> descriptor;
  args.positional("NAME", name, "what to call it: alice, packer@plant-7", true);
  args.option("--passphrase-fd", "N", descriptor, kPassphraseOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(KeyStore keys, keys_for_new(name));
  PANNIER_ASSIGN(const Secret passphrase,
                 read_new_passphrase(descriptor, "passphrase for the new key " + name));
  PANNIER_ASSIGN(const P256PrivateKey key, P256PrivateKey::generate());
  PANNIER_TRY(keep_new_key(args, "keys generate", keys, name, key, passphrase));
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysGenerate;
const Command kCmdKeysGenerate = {
    "keys generate",
    "",
    "make a signing key",
    "keys generate alice\nkeys generate ci --passphrase-fd 3 3< passphrase.txt   # for scripts",
    "I/O, limit, interrupted",
    &run_keys_generate,
};

}  // namespace pannier

// keys import-private: brings a private key that another program made, and encrypts it anew.
#include "base/display.h"
#include "base/limits.h"
#include "cli/args.h"
#include "cli/exit_codes.h"
#include "cli/keys/key_report.h"
#include "cli/output.h"
#include "cli/passphrase.h"
#include "cli/signing_key.h"

namespace pannier {
namespace {

Result<int> run_keys_import_private(Args& args, std::span<const std::string> words) {
  std::string name;
  std::string path;
  std::optional<uint32_t> descriptor;
  args.positional("NAME", name, "what to call it here", true);
  args.positional("FILE", path, "a PEM file of a P-256 private key; it stays where it is", true);
  args.option(
      "--passphrase-fd", "N", descriptor,
      "read passphrases from this file descriptor: a line for FILE where it is encrypted, then one for here");
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  PANNIER_ASSIGN(KeyStore keys, keys_for_new(name));
  PANNIER_ASSIGN(const P256PrivateKey key, load_private_key_file(path, descriptor));
  PANNIER_ASSIGN(const Secret passphrase,
                 read_new_passphrase(descriptor, "passphrase for the key " + name + " here"));
  PANNIER_TRY(keep_new_key(args, "keys import-private", keys, name, key, passphrase));
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysImportPrivate;
const Command kCmdKeysImportPrivate = {
    "keys import-private",
    "",
    "bring a private key that openssl or another program made",
    "keys import-private alice alice.pem",
    "corrupt, not found, unsupported, limit, I/O, interrupted",
    &run_keys_import_private,
};

}  // namespace pannier

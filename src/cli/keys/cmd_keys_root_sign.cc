// keys root sign: adds one root key's signature to a root's file. Meant for a machine without a network.
#include "base/display.h"
#include "cli/args.h"
#include "cli/bundle_report.h"
#include "cli/exit_codes.h"
#include "cli/keys/root_report.h"
#include "cli/passphrase.h"
#include "cli/signing_key.h"
#include "cli/store_event.h"

namespace pannier {
namespace {

// A signature that counts nowhere would only look as if something had been done.
Status check_may_sign(const TrustRoot& root, const std::string& previous, const P256PublicKey& key) {
  const Digest id = key_id(key);
  const RootKey* own = root.live_key(id);
  if (own != nullptr && own->has_role(kRoleRoot)) return {};
  if (!previous.empty()) {
    PANNIER_ASSIGN(const TrustRoot before, read_root_file(previous));
    const RootKey* leaving = before.live_key(id);
    if (leaving != nullptr && leaving->has_role(kRoleRoot)) return {};
  }
  return Error{ErrorKind::kInvalid,
               "this key is no root key of root " + std::to_string(root.number) +
                   (previous.empty() ? "" : ", nor of the one before it"),
               previous.empty() ? "where it was one in the root before: --previous FILE" : ""};
}

Result<int> run_keys_root_sign(Args& args, std::span<const std::string> words) {
  std::string path;
  std::string key_name;
  std::string previous;
  std::string output;
  std::optional<uint32_t> descriptor;
  args.positional("FILE", path, "the root", true);
  args.option("--key", "KEY", key_name, kKeyOptionHelp);
  args.option("--previous", "FILE", previous, "the root before it, for a key that is leaving");
  args.option("-o,--output", "FILE", output, "where to write it (the same file)");
  args.option("--passphrase-fd", "N", descriptor, kPassphraseOptionHelp);
  PANNIER_ASSIGN(const bool go_on, args.parse(words));
  if (!go_on) return kExitOk;
  if (key_name.empty()) return args.usage_error("whose signature?", "--key NAME");
  if (output.empty()) output = bundle_argument(path);
  PANNIER_ASSIGN(TrustRoot root, read_root_file(path));
  PANNIER_TRY(check_user_audit());
  PANNIER_ASSIGN(const P256PrivateKey key, load_signing_key(key_name, descriptor));
  PANNIER_TRY(check_may_sign(root, previous, key.public_key()));
  sign_envelope(root.envelope, key);
  PANNIER_TRY(write_file_atomic(real_file_system(), output, write_dsse(root.envelope)));
  PANNIER_TRY(record_root_event("keys root sign", root, "", output, "by " + for_display(key_name)));
  print_root_draft(args, root, output);
  return kExitOk;
}

}  // namespace

extern const Command kCmdKeysRootSign;
const Command kCmdKeysRootSign = {
    "keys root sign",
    "",
    "add a root key's signature to a root",
    "keys root sign root-1.json --key alice\n"
    "keys root sign root-2.json --key bob --previous root-1.json   # bob is leaving",
    "corrupt, not found, unsupported, limit, I/O, interrupted",
    &run_keys_root_sign,
};

}  // namespace pannier

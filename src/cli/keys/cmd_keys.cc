// keys: everything about keys and about whom this machine trusts, as a table of commands.
#include "cli/command_group.h"

namespace pannier {

extern const Command kCmdKeys;
extern const Command kCmdKeysGenerate;
extern const Command kCmdKeysImportPrivate;
extern const Command kCmdKeysList;
extern const Command kCmdKeysShow;
extern const Command kCmdKeysExport;
extern const Command kCmdKeysRoot;
extern const Command kCmdKeysTrust;
extern const Command kCmdKeysImport;
extern const Command kCmdKeysRotate;
extern const Command kCmdKeysRevoke;

namespace {

// In the order of `keys --help`.
constexpr const Command* kRows[] = {
    &kCmdKeysGenerate, &kCmdKeysImportPrivate, &kCmdKeysList,   &kCmdKeysShow,   &kCmdKeysExport,
    &kCmdKeysRoot,     &kCmdKeysTrust,         &kCmdKeysImport, &kCmdKeysRotate, &kCmdKeysRevoke};

Result<int> run_keys(Args& /*args*/, std::span<const std::string> words) {
  return run_command_group(kCmdKeys, kRows, words);
}

}  // namespace

const Command kCmdKeys = {
    "keys",
    "Either side",
    "make, show and export signing keys; say whom to trust",
    "keys generate alice\nkeys show alice",
    "",
    &run_keys,
};

}  // namespace pannier

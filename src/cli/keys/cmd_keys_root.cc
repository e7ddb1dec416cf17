// keys root: making, signing and showing roots, as a table of commands.
#include "cli/command_group.h"

namespace pannier {

extern const Command kCmdKeysRoot;
extern const Command kCmdKeysRootNew;
extern const Command kCmdKeysRootSign;
extern const Command kCmdKeysRootShow;

namespace {

// In the order of `keys root --help`.
constexpr const Command* kRows[] = {&kCmdKeysRootNew, &kCmdKeysRootSign, &kCmdKeysRootShow};

Result<int> run_keys_root(Args& /*args*/, std::span<const std::string> words) {
  return run_command_group(kCmdKeysRoot, kRows, words);
}

}  // namespace

const Command kCmdKeysRoot = {
    "keys root",
    "",
    "make, sign and show roots: who may do what",
    "keys root new --name 'Plant 7' --root-key alice --packer petra.pub -o root-1.json",
    "",
    &run_keys_root,
};

}  // namespace pannier

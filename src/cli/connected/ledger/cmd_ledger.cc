// ledger: what was sent on each channel and what became of it, as a table of commands.
#include "cli/command_group.h"

namespace pannier {

extern const Command kCmdLedger;
extern const Command kCmdLedgerShow;
extern const Command kCmdLedgerApprove;
extern const Command kCmdLedgerConfirm;
extern const Command kCmdLedgerDrop;

namespace {

// In the order of `ledger --help`.
constexpr const Command* kRows[] = {&kCmdLedgerShow, &kCmdLedgerApprove, &kCmdLedgerConfirm, &kCmdLedgerDrop};

Result<int> run_ledger(Args& /*args*/, std::span<const std::string> words) {
  return run_command_group(kCmdLedger, kRows, words);
}

}  // namespace

const Command kCmdLedger = {
    "ledger",
    "Connected side",
    "what was sent on each channel, and what became of it",
    "ledger show plant-7\nledger confirm plant-7 12",
    "",
    &run_ledger,
};

}  // namespace pannier

// The table of commands that both executables have.
#include "cli/command.h"

namespace pannier {

extern const Command kCmdInspect;
extern const Command kCmdVerify;
extern const Command kCmdUnpack;
extern const Command kCmdKeys;
extern const Command kCmdApprove;
extern const Command kCmdInstall;
extern const Command kCmdList;
extern const Command kCmdShow;
extern const Command kCmdExport;
extern const Command kCmdRelay;
extern const Command kCmdResend;
extern const Command kCmdRollback;
extern const Command kCmdRemove;
extern const Command kCmdGc;
extern const Command kCmdFsck;
extern const Command kCmdStore;
extern const Command kCmdReceipt;
extern const Command kCmdCompare;
extern const Command kCmdLog;
extern const Command kCmdRun;
extern const Command kCmdHelp;
extern const Command kCmdVersion;

std::vector<const Command*> isolated_commands() {
  return {&kCmdInspect, &kCmdVerify, &kCmdCompare,  &kCmdUnpack, &kCmdApprove, &kCmdKeys,
          &kCmdLog,     &kCmdResend, &kCmdInstall,  &kCmdList,   &kCmdShow,    &kCmdExport,
          &kCmdReceipt, &kCmdRelay,  &kCmdRollback, &kCmdRemove, &kCmdGc,      &kCmdFsck,
          &kCmdStore,   &kCmdRun,    &kCmdHelp,     &kCmdVersion};
}

}  // namespace pannier

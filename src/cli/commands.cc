// The table of commands that both executables have.
#include "cli/command.h"

namespace pannier {

extern const Command kCmdInspect;
extern const Command kCmdVerify;
extern const Command kCmdUnpack;
extern const Command kCmdKeys;
extern const Command kCmdInstall;
extern const Command kCmdList;
extern const Command kCmdShow;
extern const Command kCmdExport;
extern const Command kCmdRun;
extern const Command kCmdHelp;
extern const Command kCmdVersion;

std::vector<const Command*> isolated_commands() {
  return {&kCmdInspect, &kCmdVerify, &kCmdUnpack, &kCmdKeys, &kCmdInstall, &kCmdList,
          &kCmdShow,    &kCmdExport, &kCmdRun,    &kCmdHelp, &kCmdVersion};
}

}  // namespace pannier

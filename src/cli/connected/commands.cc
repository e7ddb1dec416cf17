#include "cli/connected/commands.h"

namespace pannier {

extern const Command kCmdFetch;
extern const Command kCmdLock;
extern const Command kCmdPack;
extern const Command kCmdLedger;

std::vector<const Command*> connected_commands() { return {&kCmdPack, &kCmdFetch, &kCmdLock, &kCmdLedger}; }

}  // namespace pannier

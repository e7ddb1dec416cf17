#include "cli/connected/commands.h"

namespace pannier {

extern const Command kCmdPack;

std::vector<const Command*> connected_commands() { return {&kCmdPack}; }

}  // namespace pannier

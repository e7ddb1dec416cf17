// pannier: every command, the connected side's included.
#include "cli/command.h"
#include "cli/connected/commands.h"

int main(int argc, char** argv) {
  std::vector<const pannier::Command*> commands = pannier::connected_commands();
  const std::vector<const pannier::Command*> isolated = pannier::isolated_commands();
  commands.insert(commands.end(), isolated.begin(), isolated.end());
  pannier::set_commands(std::move(commands));
  return pannier::run_program(argc, argv);
}

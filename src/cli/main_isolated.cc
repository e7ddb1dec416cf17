// pannier-isolated: the same program without the connected side; nothing in it can dial out.
#include "cli/command.h"

int main(int argc, char** argv) {
  pannier::set_commands(pannier::isolated_commands());
  return pannier::run_program(argc, argv);
}

#include "base/environment.h"

#include <cstdlib>

namespace pannier {

Environment process_environment() {
  return [](const std::string& name) {
    const char* value = std::getenv(name.c_str());
    return std::string(value == nullptr ? "" : value);
  };
}

std::string user_state_folder(const Environment& environment, const std::string& kind) {
  if (const std::string home = environment("PANNIER_HOME"); !home.empty()) return home + "/" + kind;
  if (const std::string state = environment("XDG_STATE_HOME"); state.starts_with("/")) {
    return state + "/pannier/" + kind;
  }
  if (const std::string home = environment("HOME"); !home.empty()) {
    return home + "/.local/state/pannier/" + kind;
  }
  return "";
}

}  // namespace pannier

// The process's environment, as something that tests can replace.
#pragma once

#include <functional>
#include <string>

namespace pannier {

// The value of a variable; empty where it is not set.
using Environment = std::function<std::string(const std::string& name)>;

Environment process_environment();

// Where a user's own state of one kind lies: $PANNIER_HOME/KIND, else $XDG_STATE_HOME/pannier/KIND, else
// ~/.local/state/pannier/KIND. Empty where none of these is set.
std::string user_state_folder(const Environment& environment, const std::string& kind);

}  // namespace pannier

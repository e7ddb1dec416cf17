// The process's environment, as something that tests can replace.
#pragma once

#include <functional>
#include <string>

namespace pannier {

// The value of a variable; empty where it is not set.
using Environment = std::function<std::string(const std::string& name)>;

Environment process_environment();

}  // namespace pannier

// Ctrl-C and SIGTERM as a flag that long operations look at.
#pragma once

#include <atomic>

namespace pannier {

// Installs the handlers on the first call. The first signal sets the flag, a second one ends the
// process at once (which the store and bundle writers survive too).
const std::atomic<bool>* interrupt_flag();

}  // namespace pannier

// The seccomp filter under which commands work on outside bytes.
#pragma once

#include "base/result.h"

namespace pannier {

enum class Sandbox {
  // For every command but those of the connected side: no socket of any kind, no other program.
  kIsolated,
  // For commands that dial out and start `uv` or `pannier run`: connections to addresses of the internet
  // protocols, and other programs, which inherit all of this. No other kind of socket (so neither the
  // container engine's nor the key agent's), and nobody can connect to us.
  kConnected,
};

// From here on this process, its threads and what it starts get EACCES from every system call that `kind`
// refuses: besides sockets and programs those that would go around it (io_uring), look into another
// process (ptrace and its kin) or change the machine. Files and threads work as before.
// Cannot be undone, only narrowed. kUnsupported where the kernel has no seccomp (some emulators and old
// containers).
Status enter_sandbox(Sandbox kind);

}  // namespace pannier

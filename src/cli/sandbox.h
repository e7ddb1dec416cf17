// The seccomp filter under which commands work on outside bytes.
#pragma once

#include "base/result.h"

namespace pannier {

// From here on this process and its threads get EACCES from every system call that could open a
// connection, run another program, or look into another process: sockets of any kind, io_uring (which
// could do the same unseen), execve, ptrace and their kin. Files and threads work as before.
// Cannot be undone. kUnsupported where the kernel has no seccomp (some emulators and old containers).
Status enter_sandbox();

}  // namespace pannier

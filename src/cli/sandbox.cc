#include "cli/sandbox.h"

#include <seccomp.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <type_traits>

namespace pannier {
namespace {

// A list of what is refused, not of what is allowed: the C library may choose other calls for files
// and threads from one release to the next, and a reader must see at a glance what the promise is.
constexpr int kRefused[] = {
    // Anything that talks to another machine or process.
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(socketcall),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    // Could issue any of the above from a ring, past this filter.
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    // Other programs, other processes.
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
#if !defined(__SANITIZE_ADDRESS__)  // its leak check traces the process at exit
    SCMP_SYS(ptrace),
#endif
    // The machine itself.
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(keyctl),
};

Error refused(const char* step, int code) {
  return Error{ErrorKind::kUnsupported,
               std::string("cannot confine this process (") + step + ": " +
                   std::strerror(code < 0 ? -code : code) + ")",
               "the kernel has no seccomp here; work goes on, without that second wall"};
}

}  // namespace

Status enter_sandbox() {
  const std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, void (*)(scmp_filter_ctx)> filter(
      seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (filter == nullptr) return refused("seccomp_init", ENOMEM);
  // Calls of another architecture (32-bit, x32) would go around the numbers above: they kill.
  if (const int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
      code != 0) {
    return refused("bad architecture action", code);
  }
  for (const int call : kRefused) {
    const int code = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), call, 0);
    // EDOM: this architecture has no such call.
    if (code != 0 && code != -EDOM) return refused("seccomp_rule_add", code);
  }
  if (const int code = seccomp_load(filter.get()); code != 0) return refused("seccomp_load", code);
  return {};
}

}  // namespace pannier

#include "cli/sandbox.h"

#include <seccomp.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <type_traits>

// The leak check of the address sanitizer traces the process at its end; g++ and clang each say in their own
// way that it is built in.
#if defined(__SANITIZE_ADDRESS__)
#define PANNIER_CHECKS_LEAKS
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PANNIER_CHECKS_LEAKS
#endif
#endif

namespace pannier {
namespace {

// A list of what is refused, not of what is allowed: the C library may choose other calls for files
// and threads from one release to the next, and a reader must see at a glance what the promise is.
constexpr int kRefusedIsolated[] = {
    // Anything that talks to another machine or process.
    SCMP_SYS(socket),
    SCMP_SYS(socketpair),
    SCMP_SYS(socketcall),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    // Other programs.
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
};
constexpr int kRefusedAlways[] = {
    // Being called.
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    // Could issue any of the above from a ring, past this filter.
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    // Other processes.
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
#if !defined(PANNIER_CHECKS_LEAKS)
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

// Linux's AF_INET, AF_INET6 and AF_NETLINK; the header that names them is kept out of this room.
constexpr int kInternet4 = 2;
constexpr int kInternet6 = 10;
constexpr int kNetlink = 16;

Error refused(const char* step, int code) {
  return Error{ErrorKind::kUnsupported,
               std::string("cannot confine this process (") + step + ": " +
                   std::strerror(code < 0 ? -code : code) + ")",
               "the kernel has no seccomp here; work goes on, without that second wall"};
}

// 0, or libseccomp's code.
int refuse(scmp_filter_ctx filter, int call) {
  const int code = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), call, 0);
  return code == -EDOM ? 0 : code;  // this architecture has no such call
}

// Sockets of the internet protocols only; and netlink, by which the C library of a child asks which of the
// two this machine has.
int refuse_other_sockets(scmp_filter_ctx filter) {
  const auto refuse_family = [&](scmp_compare compare, int family) {
    const scmp_arg_cmp argument = SCMP_A0(compare, static_cast<scmp_datum_t>(family));
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(socket), 1, &argument);
  };
  // The whole register is compared: what has bits beyond the kernel's int is "greater", and refused too.
  int code = refuse_family(SCMP_CMP_GT, kNetlink);
  for (int family = 0; family < kNetlink && code == 0; ++family) {
    if (family != kInternet4 && family != kInternet6) code = refuse_family(SCMP_CMP_EQ, family);
  }
  return code;
}

int add_rules(scmp_filter_ctx filter, Sandbox kind) {
  int code = 0;
  for (const int call : kRefusedAlways) {
    if (code == 0) code = refuse(filter, call);
  }
  if (code != 0 || kind == Sandbox::kConnected) return code != 0 ? code : refuse_other_sockets(filter);
  for (const int call : kRefusedIsolated) {
    if (code == 0) code = refuse(filter, call);
  }
  return code;
}

}  // namespace

Status enter_sandbox(Sandbox kind) {
  const std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, void (*)(scmp_filter_ctx)> filter(
      seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (filter == nullptr) return refused("seccomp_init", ENOMEM);
  // Calls of another architecture (32-bit, x32) would go around the numbers above: they kill.
  if (const int code = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
      code != 0) {
    return refused("bad architecture action", code);
  }
  if (const int code = add_rules(filter.get(), kind); code != 0) return refused("seccomp_rule_add", code);
  if (const int code = seccomp_load(filter.get()); code != 0) return refused("seccomp_load", code);
  return {};
}

}  // namespace pannier

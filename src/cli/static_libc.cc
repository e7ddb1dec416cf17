// Cuts the C library of a static executable off from the host: see docs/decisions/0005.
//
// A static glibc still loads shared objects of the host at run time (name services, character sets) and
// dies where they do not fit it. Linked only with PANNIER_STATIC and before libc.a, the definitions below
// stand in for the members that do this, so those are not linked at all; tools/check_static.py reads the
// link map and fails when another release of glibc finds a way around them. The names are glibc's.
#include <cerrno>
#include <cstddef>

// NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {

// Loading code: of this program and of libc itself (what a program may call; what gconv and NSS call).
void* dlopen(const char* /*file*/, int /*mode*/) { return nullptr; }
void* __dlopen(const char* /*file*/, int /*mode*/, void* /*caller*/) { return nullptr; }
void* dlmopen(long /*space*/, const char* /*file*/, int /*mode*/) { return nullptr; }
void* __dlmopen(long /*space*/, const char* /*file*/, int /*mode*/, void* /*caller*/) { return nullptr; }
void* __libc_dlopen_mode(const char* /*file*/, int /*mode*/) { return nullptr; }
void* __libc_dlsym(void* /*object*/, const char* /*name*/) { return nullptr; }
void* __libc_dlvsym(void* /*object*/, const char* /*name*/, const char* /*version*/) { return nullptr; }
int __libc_dlclose(void* /*object*/) { return 0; }

// Character sets: libstdc++ has a codecvt over iconv that nobody here uses.
void* iconv_open(const char* /*to*/, const char* /*from*/) {
  errno = EINVAL;
  return reinterpret_cast<void*>(-1);  // NOLINT(performance-no-int-to-ptr): what iconv_open is to answer
}
std::size_t iconv(void* /*set*/, char** /*in*/, std::size_t* /*in_left*/, char** /*out*/,
                  std::size_t* /*out_left*/) {
  errno = EBADF;
  return static_cast<std::size_t>(-1);
}
int iconv_close(void* /*set*/) { return 0; }

// Each new thread sets this to its own state of the resolver; the variable's home would bring the
// resolver, and with it sockets.
__attribute__((tls_model("initial-exec"))) __thread void* __libc_resp = nullptr;

}  // extern "C"
// NOLINTEND(bugprone-reserved-identifier)

// Cuts the C library's name services off from a static executable that has a network client: see
// docs/decisions/0005.
//
// Names are resolved by c-ares (resolver.h), which takes no service names from us. OpenSSL and c-ares still
// refer to the functions below for uses that nobody here makes of them; glibc's would load what the host's
// nsswitch.conf names. Linked only with PANNIER_STATIC, only into `pannier`, and before libc.a, these stand
// in for them and find nothing; tools/check_static.py reads in the link map that no other way is left.
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>

#include <cerrno>

extern "C" {

int getaddrinfo(const char* /*node*/, const char* /*service*/, const addrinfo* /*hints*/, addrinfo** result) {
  *result = nullptr;
  return EAI_FAIL;
}
void freeaddrinfo(addrinfo* /*list*/) {}
const char* gai_strerror(int /*code*/) noexcept { return "names are not looked up this way"; }
int getnameinfo(const sockaddr* /*address*/, socklen_t /*bytes*/, char* /*host*/, socklen_t /*host_bytes*/,
                char* /*service*/, socklen_t /*service_bytes*/, int /*flags*/) {
  return EAI_FAIL;
}
hostent* gethostbyname(const char* /*name*/) { return nullptr; }
hostent* gethostbyaddr(const void* /*address*/, socklen_t /*bytes*/, int /*family*/) { return nullptr; }
servent* getservbyname(const char* /*name*/, const char* /*protocol*/) { return nullptr; }
servent* getservbyport(int /*port*/, const char* /*protocol*/) { return nullptr; }
int getservbyname_r(const char* /*name*/, const char* /*protocol*/, servent* /*buffer*/, char* /*text*/,
                    size_t /*text_bytes*/, servent** result) {
  *result = nullptr;
  return ENOENT;
}
int getservbyport_r(int /*port*/, const char* /*protocol*/, servent* /*buffer*/, char* /*text*/,
                    size_t /*text_bytes*/, servent** result) {
  *result = nullptr;
  return ENOENT;
}
// Interfaces, for addresses such as fe80::1%eth0, which no Url holds: glibc's ask the kernel over netlink.
unsigned int if_nametoindex(const char* /*name*/) noexcept { return 0; }
char* if_indextoname(unsigned int /*index*/, char* /*name*/) noexcept {
  errno = ENXIO;
  return nullptr;
}
int getifaddrs(ifaddrs** result) noexcept {
  *result = nullptr;
  errno = ENOSYS;
  return -1;
}
void freeifaddrs(ifaddrs* /*list*/) noexcept {}

}  // extern "C"

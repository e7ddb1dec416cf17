#include "base/secret.h"

#include <sys/random.h>

#include <cerrno>
#include <cstring>

namespace pannier {

void wipe(MutableByteSpan bytes) {
  if (!bytes.empty()) ::explicit_bzero(bytes.data(), bytes.size());
}

Status fill_random(MutableByteSpan out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return Error{ErrorKind::kIo,
                   std::string("the kernel gives no random bytes: ") + std::strerror(got < 0 ? errno : EIO),
                   ""};
    }
    out = out.subspan(static_cast<size_t>(got));
  }
  return {};
}

}  // namespace pannier

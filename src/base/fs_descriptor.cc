#include "base/fs_descriptor.h"

#include <cstring>

namespace pannier {
namespace {

std::string hint_of_errno(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT:
      return "free some space there, or choose another place";
    case EACCES:
    case EPERM:
      return "check the permissions of that path, or choose another place";
    case EROFS:
      return "that file system is read-only; choose another place";
    default:
      return "";
  }
}

}  // namespace

Error system_error(const char* operation, const std::string& path, int code) {
  const ErrorKind kind = code == ENOENT || code == ENOTDIR ? ErrorKind::kNotFound : ErrorKind::kIo;
  return Error{kind, std::string("cannot ") + operation + " " + path + ": " + std::strerror(code),
               hint_of_errno(code)};
}

}  // namespace pannier

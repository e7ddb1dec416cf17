#include "base/result.h"

namespace pannier {

const char* error_kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kIncomplete:
      return "incomplete";
    case ErrorKind::kUntrusted:
      return "untrusted";
    case ErrorKind::kUnsigned:
      return "unsigned";
    case ErrorKind::kStale:
      return "stale";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kLimit:
      return "limit";
    case ErrorKind::kIo:
      return "I/O";
    case ErrorKind::kNetwork:
      return "network";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kInterrupted:
      return "interrupted";
  }
  return "unknown";
}

std::string Error::to_string() const { return hint.empty() ? message : message + "\n  hint: " + hint; }

Error with_context(Error error, const std::string& where) {
  error.message = where + ": " + error.message;
  return error;
}

}  // namespace pannier

#include "cli/exit_codes.h"

namespace pannier {
namespace {

constexpr ExitCodeRow kRows[] = {
    {kExitOk, "ok", "done"},
    {kExitNo, "no", "the command worked and its answer is no"},
    {kExitUsage, "usage", "the command line or an argument makes no sense"},
    {3, "corrupt", "bytes are not what their format or digest says"},
    {4, "incomplete", "something that is needed is missing"},
    {5, "untrusted", "a signature does not verify, or its key is not trusted"},
    {6, "unsigned", "nobody signed it, and --allow-unsigned was not given"},
    {7, "stale", "older than what is here, or made for something else"},
    {8, "not found", "no such file, folder, model or command"},
    {9, "unsupported", "well-formed, but not something this version does"},
    {10, "limit", "larger, deeper or longer than is allowed"},
    {11, "I/O", "the operating system refused: full disk, permissions, broken medium"},
    {12, "network", "no connection, no answer in time, or the server is busy: try again later"},
    {13, "denied", "upstream refused: gated, private, or the token does not do"},
    {130, "interrupted", "stopped by Ctrl-C or a signal; nothing half-done is left"},
};

}  // namespace

std::span<const ExitCodeRow> exit_code_rows() { return kRows; }

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return kExitUsage;
    case ErrorKind::kCorrupt:
      return 3;
    case ErrorKind::kIncomplete:
      return 4;
    case ErrorKind::kUntrusted:
      return 5;
    case ErrorKind::kUnsigned:
      return 6;
    case ErrorKind::kStale:
      return 7;
    case ErrorKind::kNotFound:
      return 8;
    case ErrorKind::kUnsupported:
      return 9;
    case ErrorKind::kLimit:
      return 10;
    case ErrorKind::kIo:
      return 11;
    case ErrorKind::kNetwork:
      return 12;
    case ErrorKind::kDenied:
      return 13;
    case ErrorKind::kInterrupted:
      return 130;
  }
  return kExitUsage;
}

}  // namespace pannier

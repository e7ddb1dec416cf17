// Exit codes: the one table from error kinds to what the shell sees.
#pragma once

#include <span>

#include "base/result.h"

namespace pannier {

struct ExitCodeRow {
  int code;
  const char* name;
  const char* meaning;  // for `pannier help exit-codes`
};

inline constexpr int kExitOk = 0;
inline constexpr int kExitNo = 1;
inline constexpr int kExitUsage = 2;

std::span<const ExitCodeRow> exit_code_rows();
int exit_code_of(ErrorKind kind);

}  // namespace pannier

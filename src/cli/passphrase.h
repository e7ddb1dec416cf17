// The passphrase of a key: typed on the terminal, or read from a file descriptor by scripts. Never an
// argument and never in the environment, where other processes could see it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace pannier {

inline constexpr const char* kPassphraseOptionHelp =
    "read the passphrase's line from this file descriptor, not from the terminal";

// One line, without its end. From the descriptor N of --passphrase-fd where given; else from the terminal
// (/dev/tty) without echo, which is switched on again whatever signal comes. `prompt` as "passphrase of
// alice". kInvalid: nobody to ask, or an empty line; kInterrupted; kLimit; kIo.
Result<Secret> read_passphrase(std::optional<uint32_t> descriptor, const std::string& prompt);

// For a new key: on the terminal it is asked for twice. kInvalid too where the two differ.
Result<Secret> read_new_passphrase(std::optional<uint32_t> descriptor, const std::string& prompt);

}  // namespace pannier

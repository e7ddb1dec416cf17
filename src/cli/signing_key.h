// The private key that a command signs with: --key NAME, and its passphrase.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/p256.h"
#include "base/result.h"
#include "carry/trust/key_store.h"

namespace pannier {

inline constexpr const char* kKeyOptionHelp = "the signing key: a name of `keys list`, or a PEM file";

// This user's keys (key_folder in carry/trust/key_store.h). kInvalid where no folder is known.
Result<KeyStore> user_keys();

// A word with a '/' or ending in ".key", ".pub" or ".pem" is a file, every other a name. Asks for the
// passphrase where the key is encrypted (cli/passphrase.h). kNotFound, kInvalid (wrong passphrase), …
Result<P256PrivateKey> load_signing_key(const std::string& name_or_file,
                                        std::optional<uint32_t> passphrase_descriptor);

// The same for a file, whatever it is called.
Result<P256PrivateKey> load_private_key_file(const std::string& path,
                                             std::optional<uint32_t> passphrase_descriptor);

// The same for a public key: NAME, or a file with a public or private key. No passphrase is asked for:
// beside NAME.key lies NAME.pub; an encrypted private key file alone is kInvalid.
Result<P256PublicKey> load_public_key(const std::string& name_or_file);

}  // namespace pannier

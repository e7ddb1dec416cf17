#include "cli/signing_key.h"

#include <fmt/core.h>

#include "base/display.h"
#include "base/limits.h"
#include "cli/passphrase.h"
#include "format/key_file.h"

namespace pannier {
namespace {

bool names_a_file(const std::string& word) {
  return word.find('/') != std::string::npos || word.ends_with(".key") || word.ends_with(".pem") ||
         word.ends_with(".pub");
}

PassphraseReader asking(const std::string& name, std::optional<uint32_t> descriptor) {
  return [name, descriptor] { return read_passphrase(descriptor, "passphrase of " + for_display(name)); };
}

}  // namespace

Result<KeyStore> user_keys() {
  PANNIER_ASSIGN(std::string folder, key_folder(process_environment()));
  return KeyStore(real_file_system(), std::move(folder));
}

Result<P256PrivateKey> load_signing_key(const std::string& name_or_file,
                                        std::optional<uint32_t> passphrase_descriptor) {
  if (names_a_file(name_or_file)) return load_private_key_file(name_or_file, passphrase_descriptor);
  PANNIER_ASSIGN(const KeyStore keys, user_keys());
  return keys.private_key(name_or_file, asking(name_or_file, passphrase_descriptor));
}

Result<P256PrivateKey> load_private_key_file(const std::string& path,
                                             std::optional<uint32_t> passphrase_descriptor) {
  PANNIER_ASSIGN(std::string text, read_small_file(real_file_system(), path, limits::kKeyFileBytesMax));
  const Secret pem(std::move(text));
  return decode_private_key(pem, asking(path, passphrase_descriptor), for_display(path));
}

Result<P256PublicKey> load_public_key(const std::string& name_or_file) {
  if (!names_a_file(name_or_file)) {
    PANNIER_ASSIGN(const KeyStore keys, user_keys());
    return keys.public_key(name_or_file);
  }
  PANNIER_ASSIGN(std::string text,
                 read_small_file(real_file_system(), name_or_file, limits::kKeyFileBytesMax));
  const Secret pem(std::move(text));
  const std::string what = for_display(name_or_file);
  if (pem.text().find("PRIVATE KEY-----") == std::string_view::npos) {
    return parse_public_key_file(pem.text(), what);
  }
  PANNIER_ASSIGN(const PrivateKeyFile file, parse_private_key_file(pem.text(), what));
  if (file.key) return file.key->public_key();
  return Error{ErrorKind::kInvalid,
               fmt::format("{}: the private key is encrypted, the public one lies beside it", what),
               "name the .pub file, or `pannier keys import-private` it first"};
}

}  // namespace pannier

// The user's own keys: a folder with NAME.key (private, encrypted) and NAME.pub for each.
// Page: docs/formats/keys.md.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/fs.h"
#include "base/p256.h"
#include "base/result.h"
#include "base/secret.h"

namespace pannier {

// $PANNIER_HOME/keys, else $XDG_CONFIG_HOME/pannier/keys, else ~/.config/pannier/keys. kInvalid where none of
// these is set.
Result<std::string> key_folder(const Environment& environment);

// kInvalid unless `name` is [A-Za-z0-9._@-]{1,64} and does not begin with '.' or '-'.
Status check_key_name(std::string_view name);

// Called only where a key turns out to be encrypted.
using PassphraseReader = std::function<Result<Secret>()>;

// What the text of a PEM file holds, decrypted where it must be. `what` names the file in messages.
// kCorrupt, kUnsupported (another algorithm, curve or encryption, by name), kInvalid (wrong passphrase).
Result<P256PrivateKey> decode_private_key(const Secret& pem, const PassphraseReader& passphrase,
                                          std::string_view what);

struct StoredKey {
  std::string name;
  P256PublicKey public_key;
  bool has_private = false;  // NAME.key is there too
};

// Not thread-safe. `fs` must outlive it.
class KeyStore {
 public:
  KeyStore(FileSystem& fs, std::string folder) : fs_(&fs), folder_(std::move(folder)) {}

  const std::string& folder() const { return folder_; }

  // kInvalid where the name is taken: asked before a person is asked for a passphrase.
  Status check_free(const std::string& name) const;

  // Encrypts with the passphrase and writes both files, the private one readable by its owner alone.
  // Never overwrites: kInvalid where the name is taken. kIo.
  Status create(const std::string& name, const P256PrivateKey& key, const Secret& passphrase);

  // Sorted by name; empty where there is no folder. Files that are no keys of this form are left out.
  Result<std::vector<StoredKey>> list() const;

  // kNotFound with the names that there are.
  Result<P256PublicKey> public_key(const std::string& name) const;
  Result<P256PrivateKey> private_key(const std::string& name, const PassphraseReader& passphrase) const;

 private:
  std::string path(const std::string& name, std::string_view suffix) const;
  Error taken(const std::string& name) const;
  Error not_found(const std::string& name) const;

  FileSystem* fs_;
  std::string folder_;
};

}  // namespace pannier

// A public key on the command line, with the name that a root will call it by.
#pragma once

#include <string>

#include "base/p256.h"
#include "base/result.h"

namespace pannier {

struct NamedPublicKey {
  std::string name;
  P256PublicKey key;
};

// "alice" (a name of `keys list`), "./alice.pub" (called alice), "alice=/media/usb/key.pem". Errors of
// load_public_key.
Result<NamedPublicKey> named_public_key(const std::string& word);

}  // namespace pannier

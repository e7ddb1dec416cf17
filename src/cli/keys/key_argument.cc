#include "cli/keys/key_argument.h"

#include "base/fs.h"
#include "cli/signing_key.h"
#include "format/trust_root.h"

namespace pannier {

Result<NamedPublicKey> named_public_key(const std::string& word) {
  NamedPublicKey named;
  std::string place = word;
  const size_t sign = word.find('=');
  if (sign != std::string::npos && check_root_key_name(word.substr(0, sign)).ok()) {
    named.name = word.substr(0, sign);
    place = word.substr(sign + 1);
  } else {
    named.name = file_name(word);
    for (const std::string suffix : {".pub", ".pem", ".key"}) {
      if (named.name.ends_with(suffix)) named.name.resize(named.name.size() - suffix.size());
    }
  }
  PANNIER_TRY(check_root_key_name(named.name));
  PANNIER_ASSIGN(named.key, load_public_key(place));
  return named;
}

}  // namespace pannier

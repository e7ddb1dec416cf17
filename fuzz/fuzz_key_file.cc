// Key files and what is inside them: PEM, PKCS #8, SubjectPublicKeyInfo, signatures in DER.
#include <cstdint>
#include <cstdlib>

#include "format/key_file.h"
#include "format/pem.h"

namespace {

// What parses comes back as the same key and signature.
void check_der(pannier::ByteSpan der) {
  const auto key = pannier::parse_spki(der, "fuzz");
  const pannier::Bytes bytes(der.begin(), der.end());
  if (key.ok() && pannier::write_spki(*key) != bytes) std::abort();
  const auto signature = pannier::signature_from_der(der, "fuzz");
  if (signature.ok() && pannier::signature_to_der(*signature) != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_der({data, size});
  (void)pannier::parse_public_key_file(text, "fuzz");
  const auto file = pannier::parse_private_key_file(text, "fuzz");
  if (file.ok() && file->sealed && file->sealed->iterations <= 2000) {
    (void)pannier::open_sealed_key(*file->sealed, pannier::Secret(std::string("words")), "fuzz");
  }
  // Most inputs are no PEM: the same bytes as the DER of each kind.
  for (const char* label : {"PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}) {
    (void)pannier::parse_private_key_file(pannier::write_pem(label, {data, size}), "fuzz");
  }
  return 0;
}

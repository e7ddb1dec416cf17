// PEM (RFC 7468): DER bytes as a block of base64 lines between "-----BEGIN LABEL-----" and its end.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secret.h"

namespace pannier {

struct PemBlock {
  std::string label;  // "PRIVATE KEY"
  Secret der;         // it may be one
};

// A text of one block, and white space around it. An "EC PARAMETERS" block before it, as `openssl ecparam
// -genkey` writes one, is passed over. kCorrupt; kUnsupported for the old encrypted blocks with headers;
// kLimit above limits::kKeyFileBytesMax.
Result<PemBlock> parse_pem(std::string_view text, std::string_view what);

// Lines of 64 characters.
std::string write_pem(std::string_view label, ByteSpan der);

}  // namespace pannier

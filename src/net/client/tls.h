// TLS on top of any connection: OpenSSL, version 1.2 or newer, certificates always verified.
#pragma once

#include <memory>
#include <string>

#include "net/client/byte_stream.h"

namespace pannier {

// Whom we trust, read once and shared by all connections. Thread-safe.
class TlsContext {
 public:
  virtual ~TlsContext() = default;

  // Shakes hands over `stream` and takes it over. `host` is the name or address that the certificate must
  // be for. kUntrusted: it is not, or it expired, or nobody we trust vouches for it; kNetwork: the rest.
  virtual Result<std::unique_ptr<ByteStream>> connect(std::unique_ptr<ByteStream> stream,
                                                      const std::string& host) const = 0;
};

// Trusts the certificates of the PEM file `ca_bundle`; of the first usual place that exists where it is
// empty. kNotFound: no such file, no usual place; kCorrupt: no certificate in it.
Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& ca_bundle);

}  // namespace pannier

#include "net/client/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cassert>
#include <climits>
#include <cstdlib>
#include <optional>

#include "base/display.h"
#include "base/fs.h"
#include "base/limits.h"

namespace pannier {
namespace {

constexpr uint64_t kCaBundleBytesMax = 16 * limits::kMiB;
constexpr size_t kReadBufferBytes = 128 * 1024;  // what OpenSSL asks the connection for at once
// Where the distributions keep the certificates of public authorities: Debian, Red Hat, SUSE, Alpine.
constexpr const char* kUsualPlaces[] = {
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
};
constexpr const char* kCaHint = "name the certificates to trust with --ca-bundle FILE";

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using ContextPointer = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
using ConnectionPointer = std::unique_ptr<SSL, Free<SSL_free>>;
using BioPointer = std::unique_ptr<BIO, Free<BIO_free>>;
using CertificatePointer = std::unique_ptr<X509, Free<X509_free>>;

// The newest entry of OpenSSL's queue of errors, in its words.
std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

bool is_ip_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// What OpenSSL reads from and writes to: the connection below, and the error that it last met there.
struct Transport {
  std::unique_ptr<ByteStream> stream;
  std::optional<Error> error;
  bool may_wait = true;  // otherwise a read that would wait says "try again"
};

Transport& transport_of(BIO* bio) { return *static_cast<Transport*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* out, int bytes) {
  Transport& transport = transport_of(bio);
  BIO_clear_retry_flags(bio);
  if (bytes <= 0) return 0;
  if (!transport.may_wait && !transport.stream->readable()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  Result<size_t> got =
      transport.stream->read_some({reinterpret_cast<uint8_t*>(out), static_cast<size_t>(bytes)});
  if (got.ok()) return static_cast<int>(*got);
  transport.error = std::move(got).error();
  return -1;
}

int bio_write(BIO* bio, const char* data, int bytes) {
  Transport& transport = transport_of(bio);
  BIO_clear_retry_flags(bio);
  if (bytes <= 0) return 0;
  Status status = transport.stream->write_all(as_bytes({data, static_cast<size_t>(bytes)}));
  if (status.ok()) return bytes;
  transport.error = std::move(status).error();
  return -1;
}

long bio_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return transport_of(bio).stream->hung_up() ? 1 : 0;
  return 0;
}

// OpenSSL's own socket BIO would raise SIGPIPE, and knows neither deadlines nor our cancel flag.
const BIO_METHOD* transport_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pannier");
    BIO_meth_set_read(made, &bio_read);
    BIO_meth_set_write(made, &bio_write);
    BIO_meth_set_ctrl(made, &bio_control);
    return made;
  }();
  return method;
}

class TlsStream : public ByteStream {
 public:
  TlsStream(ConnectionPointer connection, std::unique_ptr<Transport> transport, std::string host)
      : transport_(std::move(transport)), connection_(std::move(connection)), host_(std::move(host)) {}

  Status shake_hands() {
    ERR_clear_error();
    const int code = SSL_connect(connection_.get());
    if (code == 1) return {};
    if (transport_->error) return *transport_->error;
    if (const long verdict = SSL_get_verify_result(connection_.get()); verdict != X509_V_OK) {
      return untrusted(verdict);
    }
    if (transport_->stream->hung_up()) return network("the server closed the connection while shaking hands");
    const std::string reason = openssl_reason();
    if (reason == "wrong version number") return network("the server does not speak TLS on this port");
    return network("shaking hands failed: " + reason);
  }

  Result<size_t> read_some(MutableByteSpan out) override {
    transport_->may_wait = true;
    PANNIER_ASSIGN(size_t total, read_once(out));
    // A record holds 16 KiB at most; whoever reads gets as many as are there.
    transport_->may_wait = false;
    while (total > 0 && total < out.size() && !ended_) {
      const Result<size_t> more = read_once(out.subspan(total));
      // An error is met again by the next read, behind the bytes that came before it.
      if (!more.ok() || *more == 0) break;
      total += *more;
    }
    transport_->may_wait = true;
    return total;
  }

  Status write_all(ByteSpan bytes) override {
    while (!bytes.empty()) {
      ERR_clear_error();
      size_t sent = 0;
      if (SSL_write_ex(connection_.get(), bytes.data(), bytes.size(), &sent) != 1) return failed("writing");
      bytes = bytes.subspan(sent);
    }
    return {};
  }

  bool readable() override {
    return SSL_has_pending(connection_.get()) != 0 || transport_->stream->readable();
  }
  bool hung_up() const override { return ended_ || transport_->stream->hung_up(); }
  void set_deadline(Patience::Clock::time_point deadline) override {
    transport_->stream->set_deadline(deadline);
  }

 private:
  // 0: the peer said that it is over, or nothing is there and we may not wait.
  Result<size_t> read_once(MutableByteSpan out) {
    if (failure_) return *failure_;
    ERR_clear_error();
    size_t got = 0;
    const int code = SSL_read_ex(connection_.get(), out.data(), out.size(), &got);
    if (code == 1) return got;
    switch (SSL_get_error(connection_.get(), code)) {
      case SSL_ERROR_ZERO_RETURN:
        ended_ = true;
        return size_t{0};
      case SSL_ERROR_WANT_READ:
        assert(!transport_->may_wait);
        return size_t{0};
      default:
        failure_ = failed("reading").error();
        return *failure_;
    }
  }

  Status failed(const char* doing) {
    if (transport_->error) return *transport_->error;
    // Whoever cuts the connection below may not pass for a server that has no more to say.
    if (transport_->stream->hung_up()) return network("the connection was cut");
    return network(std::string(doing) + " failed: " + openssl_reason());
  }

  Error network(const std::string& what) const {
    return Error{ErrorKind::kNetwork, "TLS with " + host_ + ": " + what, ""};
  }

  Error untrusted(long verdict) const;

  std::unique_ptr<Transport> transport_;  // outlives connection_, which reads from it
  ConnectionPointer connection_;
  std::string host_;
  bool ended_ = false;
  std::optional<Error> failure_;
};

Error TlsStream::untrusted(long verdict) const {
  ERR_clear_error();
  const std::string start = "the certificate of " + host_ + " ";
  const auto error = [&](const std::string& what, const char* hint) {
    return Error{ErrorKind::kUntrusted, start + what, hint};
  };
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return error("has expired", "is the clock of this machine right?");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return error("is not valid yet", "is the clock of this machine right?");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return error("is for another host", "somebody else answers under this name, or the address is wrong");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return error("was signed by itself, not by an authority that is trusted here", kCaHint);
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return error("was signed by an authority that is not trusted here", kCaHint);
    default:
      return error(std::string("does not verify: ") + X509_verify_cert_error_string(verdict), kCaHint);
  }
}

// The name to verify, and to ask for (SNI, which is for names only).
bool expect_host(SSL* connection, const std::string& host) {
  if (is_ip_address(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1;
  }
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(connection, host.c_str()) == 1 &&
         SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

class OpenSslContext : public TlsContext {
 public:
  explicit OpenSslContext(ContextPointer context) : context_(std::move(context)) {}

  Result<std::unique_ptr<ByteStream>> connect(std::unique_ptr<ByteStream> stream,
                                              const std::string& host) const override {
    auto transport = std::make_unique<Transport>();
    transport->stream = std::move(stream);
    ConnectionPointer connection(SSL_new(context_.get()));
    BioPointer bio(BIO_new(transport_method()));
    if (connection == nullptr || bio == nullptr || !expect_host(connection.get(), host)) {
      return Error{ErrorKind::kIo, "OpenSSL did not start: " + openssl_reason(), ""};
    }
    BIO_set_data(bio.get(), transport.get());
    BIO_set_init(bio.get(), 1);
    BIO* const both = bio.release();
    SSL_set_bio(connection.get(), both, both);
    auto tls = std::make_unique<TlsStream>(std::move(connection), std::move(transport), host);
    PANNIER_TRY(tls->shake_hands());
    return std::unique_ptr<ByteStream>(std::move(tls));
  }

 private:
  ContextPointer context_;
};

// Bundles are often links to where the distribution really keeps them; base/fs.h follows none.
Result<std::string> read_linked_file(const std::string& path) {
  const std::unique_ptr<char, Free<std::free>> real(::realpath(path.c_str(), nullptr));
  return read_small_file(real_file_system(), real == nullptr ? path : real.get(), kCaBundleBytesMax);
}

Result<std::string> read_ca_bundle(const std::string& path) {
  if (!path.empty()) {
    Result<std::string> pem = read_linked_file(path);
    if (pem.ok()) return pem;
    Error error = with_context(std::move(pem).error(), "the certificates to trust");
    error.hint = "--ca-bundle and SSL_CERT_FILE name a PEM file";
    return error;
  }
  for (const char* place : kUsualPlaces) {
    Result<std::string> pem = read_linked_file(place);
    if (pem.ok()) return pem;
  }
  return Error{ErrorKind::kNotFound, "no certificates of public authorities on this machine", kCaHint};
}

// How many certificates of the PEM text were added.
size_t trust_all(SSL_CTX* context, const std::string& pem) {
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  size_t count = 0;
  while (bio != nullptr) {
    const CertificatePointer certificate(PEM_read_bio_X509_AUX(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    if (X509_STORE_add_cert(store, certificate.get()) == 1) count += 1;
  }
  ERR_clear_error();
  return count;
}

}  // namespace

Result<std::unique_ptr<TlsContext>> make_tls_context(const std::string& ca_bundle) {
  PANNIER_ASSIGN(const std::string pem, read_ca_bundle(ca_bundle));
  static_assert(kCaBundleBytesMax < INT_MAX);
  // The machine's openssl.cnf could load engines and providers into this process: it is not read.
  OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
  ContextPointer context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Error{ErrorKind::kIo, "OpenSSL did not start: " + openssl_reason(), ""};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), kReadBufferBytes);
  // A bundle may hold the one intermediate authority that is trusted, without the root above it.
  X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(context.get()), X509_V_FLAG_PARTIAL_CHAIN);
  constexpr uint8_t kHttp11[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  SSL_CTX_set_alpn_protos(context.get(), kHttp11, sizeof kHttp11);
  if (trust_all(context.get(), pem) == 0) {
    return Error{ErrorKind::kCorrupt, "no certificate in " + (ca_bundle.empty() ? "the bundle" : ca_bundle),
                 "a bundle is a PEM file: -----BEGIN CERTIFICATE----- and so on"};
  }
  return std::unique_ptr<TlsContext>(std::make_unique<OpenSslContext>(std::move(context)));
}

}  // namespace pannier

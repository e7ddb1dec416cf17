#include "net/client/scripted_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace pannier {
namespace {

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using CertificatePointer = std::unique_ptr<X509, decltype(&X509_free)>;

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  EXPECT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct CertificateRequest {
  const char* name;
  EVP_PKEY* key;
  X509* issuer;  // null: itself
  EVP_PKEY* issuer_key;
  std::vector<std::pair<int, std::string>> extensions;
};

CertificatePointer make_certificate(const CertificateRequest& request, const TestIdentityOptions& options) {
  static std::atomic<long> serial = 1;
  CertificatePointer made(X509_new(), &X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), options.valid_from_days * 86'400);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), options.valid_to_days * 86'400);
  X509_set_pubkey(made.get(), request.key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(request.name), -1, -1, 0);
  X509* const issuer = request.issuer != nullptr ? request.issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(issuer));
  for (const auto& [kind, value] : request.extensions) add_extension(made.get(), issuer, kind, value);
  EXPECT_GT(X509_sign(made.get(), request.issuer_key, EVP_sha256()), 0);
  return made;
}

template <class Write>
std::string to_pem(const Write& write) {
  BIO* const bio = BIO_new(BIO_s_mem());
  write(bio);
  char* data = nullptr;
  const long bytes = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<size_t>(bytes));
  BIO_free(bio);
  return text;
}

std::string to_pem(X509* certificate) {
  return to_pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

class SocketPeer : public ScriptedPeer {
 public:
  explicit SocketPeer(int fd) : fd_(fd) {}
  ~SocketPeer() override {
    SSL_free(tls_);
    SSL_CTX_free(context_);
  }

  std::string read_head() override {
    std::string head;
    while (!head.ends_with("\r\n\r\n")) {
      const std::string byte = read(1);
      if (byte.empty()) return "";
      head += byte;
    }
    return head;
  }

  std::string read(size_t bytes) override {
    std::string text(bytes, '\0');
    size_t got = 0;
    while (got < bytes) {
      const auto more = tls_ != nullptr ? SSL_read(tls_, text.data() + got, static_cast<int>(bytes - got))
                                        : ::recv(fd_, text.data() + got, bytes - got, 0);
      if (more <= 0) break;
      got += static_cast<size_t>(more);
    }
    text.resize(got);
    return text;
  }

  bool write(const std::string& text) override {
    size_t sent = 0;
    while (sent < text.size()) {
      const auto more = tls_ != nullptr
                            ? SSL_write(tls_, text.data() + sent, static_cast<int>(text.size() - sent))
                            : ::send(fd_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
      if (more <= 0) return false;
      sent += static_cast<size_t>(more);
    }
    return true;
  }

  void wait_for_close() override {
    while (!read(1).empty()) {
    }
  }

  void reset() override {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }

  bool start_tls(const TestIdentity& identity) override {
    context_ = SSL_CTX_new(TLS_server_method());
    BIO* bio = BIO_new_mem_buf(identity.certificate.data(), -1);
    X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    bio = BIO_new_mem_buf(identity.key.data(), -1);
    EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    tls_ = SSL_new(context_);
    SSL_set_fd(tls_, fd_);
    return SSL_accept(tls_) == 1;
  }

 private:
  int fd_;
  SSL_CTX* context_ = nullptr;
  SSL* tls_ = nullptr;
};

}  // namespace

TestIdentity make_test_identity(const TestIdentityOptions& options) {
  const KeyPointer authority_key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const KeyPointer key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const CertificatePointer authority =
      make_certificate({"test authority",
                        authority_key.get(),
                        nullptr,
                        authority_key.get(),
                        {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_subject_key_identifier, "hash"}}},
                       {.valid_from_days = -100, .valid_to_days = 100});
  const CertificatePointer certificate =
      make_certificate({"test server",
                        key.get(),
                        options.self_signed ? nullptr : authority.get(),
                        options.self_signed ? key.get() : authority_key.get(),
                        {{NID_subject_alt_name, options.names}}},
                       options);
  return {to_pem([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          }),
          to_pem(certificate.get()), to_pem(options.self_signed ? certificate.get() : authority.get())};
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t bytes = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), bytes) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes) != 0) {
    ADD_FAILURE() << "no loopback socket to listen on";
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string ScriptedServer::url(const std::string& target, const std::string& scheme,
                                const std::string& host) const {
  return scheme + "://" + host + ":" + std::to_string(port_) + target;
}

size_t ScriptedServer::connections() const {
  const std::scoped_lock lock(mutex_);
  return connections_;
}

ScriptedServer::Script ScriptedServer::answering(std::string answer) {
  return [answer = std::move(answer)](ScriptedPeer& peer) {
    while (!peer.read_head().empty()) {
      if (!peer.write(answer)) return;
    }
  };
}

void ScriptedServer::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::scoped_lock lock(mutex_);
    if (stopping_) {
      ::close(fd);
      return;
    }
    open_.push_back(fd);
    const Script& script = scripts_[std::min(connections_, scripts_.size() - 1)];
    connections_ += 1;
    threads_.emplace_back([this, fd, &script] { serve(fd, script); });
  }
}

void ScriptedServer::serve(int fd, const Script& script) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL. Only here: the client under test must do without.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  {
    SocketPeer peer(fd);
    script(peer);
  }
  // Under the lock: nobody may shut down a socket of the same number that was opened since.
  const std::scoped_lock lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

}  // namespace pannier

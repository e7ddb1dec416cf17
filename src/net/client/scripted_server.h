// ScriptedServer: a real socket on this machine's loopback that says what a test wrote down, well-behaved
// or not. For the tests of this folder.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace pannier {

// A key and certificates in PEM, made anew for each test run.
struct TestIdentity {
  std::string key;
  std::string certificate;  // of the server
  std::string authority;    // who signed it; itself where it is self-signed
};

struct TestIdentityOptions {
  std::string names = "DNS:localhost,IP:127.0.0.1";  // subjectAltName
  bool self_signed = false;
  long valid_from_days = -1;  // from now
  long valid_to_days = 1;
};
TestIdentity make_test_identity(const TestIdentityOptions& options = {});

// The server's end of one connection. A script that a client disappoints ends early, without fuss.
class ScriptedPeer {
 public:
  virtual ~ScriptedPeer() = default;
  // The next request's head up to its empty line; "" when the client is gone.
  virtual std::string read_head() = 0;
  virtual std::string read(size_t bytes) = 0;
  // False when the client is gone.
  virtual bool write(const std::string& text) = 0;
  // Until the client closes.
  virtual void wait_for_close() = 0;
  // Closes so that the client sees "connection reset".
  virtual void reset() = 0;
  // From here on the server's side of TLS.
  virtual bool start_tls(const TestIdentity& identity) = 0;
};

// One script a connection, in the order in which clients connect; the last one serves all that follow.
class ScriptedServer {
 public:
  using Script = std::function<void(ScriptedPeer&)>;

  explicit ScriptedServer(std::vector<Script> scripts);
  // Ends all connections and waits for their scripts.
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT" + target.
  std::string url(const std::string& target, const std::string& scheme = "http",
                  const std::string& host = "127.0.0.1") const;
  size_t connections() const;

  // A script that reads each request and answers all of them with `answer`, on one connection.
  static Script answering(std::string answer);

 private:
  void accept_all();
  void serve(int fd, const Script& script);

  std::vector<Script> scripts_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool stopping_ = false;
  std::vector<int> open_;  // sockets of running scripts
  size_t connections_ = 0;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace pannier

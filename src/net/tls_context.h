#pragma once

#include "base/result.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace gannet::net {

// True if this machine has instructions for AES-GCM, without which ChaCha20 is much cheaper.
[[nodiscard]] bool hasFastAes();

// What a TLS server is made from, in OpenSSL's words.
struct TlsSettings {
  struct KeyPair {
    std::vector<std::string> chain;  // DER, the server's own certificate first
    std::string key;                 // DER
  };

  std::vector<KeyPair> certificates;  // the first is the default; others by key type or server name
  std::vector<std::string> roots;     // DER; verify clients; empty: the system's roots
  bool verify = false;                // clients must show a certificate
  bool requires_tls13 = false;
  bool prefers_aes = hasFastAes();  // to ChaCha20, as far as the client has no wish
  std::string ciphers;              // of TLS 1.2, in OpenSSL's list form; empty: its default
  std::string groups;               // key exchange groups in order; empty: the default
  std::vector<std::string> pinned;  // lower-case SHA-256 of the accepted client keys; empty: any
};

// The server side of TLS: certificates, rules and the keys with which sessions resume.
//
// Threads  Any, after construction.
class TlsContext {
 public:
  // Errors name what OpenSSL did not take, and what it said of it.
  static Result<std::shared_ptr<TlsContext>, Error> create(const TlsSettings& settings);

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] SSL_CTX* native() const { return contexts_.front().get(); }

  // True if who shows the key with this lower-case SHA-256 may connect as far as pinning decides;
  // empty: none is shown.
  [[nodiscard]] bool isPinned(std::string_view key_digest) const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };

  using ContextPtr = std::unique_ptr<SSL_CTX, Free>;

  TlsContext() = default;
  static Result<ContextPtr, Error> makeContext(const TlsSettings& settings,
                                               const TlsSettings::KeyPair& pair);
  void offerOtherKeyTypes();
  static int onServerName(SSL* ssl, int* alert, void* self);

  std::vector<ContextPtr> contexts_;  // one a certificate
  std::vector<std::string> pinned_;
};

// Owned by the settings, until a reload replaces them, and by the connections that began with it.
using TlsContextPtr = std::shared_ptr<TlsContext>;

}  // namespace gannet::net

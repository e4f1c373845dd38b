#include "net/tls_context.h"

#include "net/tls_engine.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

#include <sys/auxv.h>

namespace gannet::net {
namespace {

Error failure(const std::string& what) {
  const unsigned long code = ERR_get_error();
  const char* const reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return Error{fmt::format("{}: {}", what, reason == nullptr ? "unknown error" : reason)};
}

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }

  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

using X509Ptr = std::unique_ptr<X509, FreeX509>;
using KeyPtr = std::unique_ptr<EVP_PKEY, FreeX509>;

X509Ptr certificateOf(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  return X509Ptr(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
}

// The security level comes from the system's configuration of OpenSSL; Debian's refuses the
// server's own RSA key of 1024 bits, and certificates signed with SHA-1. Here the choices are
// explicit instead: versions, suites, groups and these algorithms are the reference's. Certificates
// of clients are held to level 1, which is what it verifies: no SHA-1, no RSA below 1024 bits.
void allowWhatTheReferenceDoes(SSL_CTX* context) {
  constexpr const char* kSignatures =
      "rsa_pss_rsae_sha256:ecdsa_secp256r1_sha256:ed25519:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:"
      "rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512:ecdsa_secp384r1_sha384:"
      "ecdsa_secp521r1_sha512";
  SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set1_sigalgs_list(context, kSignatures);
  X509_VERIFY_PARAM_set_auth_level(SSL_CTX_get0_param(context), 1);
}

bool usePair(SSL_CTX* context, const TlsSettings::KeyPair& pair) {
  const auto* at = reinterpret_cast<const unsigned char*>(pair.key.data());
  const KeyPtr key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(pair.key.size())));
  const X509Ptr own = certificateOf(pair.chain.front());
  if (key == nullptr || own == nullptr) return false;
  if (SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1) return false;
  for (std::size_t i = 1; i < pair.chain.size(); ++i) {
    const X509Ptr issuer = certificateOf(pair.chain[i]);
    if (issuer == nullptr || SSL_CTX_add1_chain_cert(context, issuer.get()) != 1) return false;
  }
  return true;
}

// Verifies clients by `roots`, and tells them the roots' names. A bundle may repeat itself.
bool trustRoots(SSL_CTX* context, const std::vector<std::string>& roots) {
  for (const std::string& der : roots) {
    const X509Ptr root = certificateOf(der);
    if (root == nullptr) return false;
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), root.get()) != 1) return false;
    if (SSL_CTX_add_client_CA(context, root.get()) != 1) return false;
  }
  return true;
}

// The list with what is ChaCha20 in front; otherwise in the same order.
std::string chachaFirst(std::string_view suites) {
  std::string first;
  std::string rest;
  while (!suites.empty()) {
    const std::size_t size = suites.find(':');
    const std::string_view suite = suites.substr(0, size);
    std::string& list = suite.find("CHACHA20") == std::string_view::npos ? rest : first;
    list.append(suite).append(1, ':');
    suites.remove_prefix(std::min(suite.size() + 1, suites.size()));
  }
  return first + rest;
}

// The order of Go. A client that prefers ChaCha20 has its way: it lacks instructions for AES.
bool useSuites(SSL_CTX* context, const TlsSettings& settings) {
  constexpr std::string_view kTls13 =
      "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
  const auto ordered = [&settings](std::string_view suites) {
    return settings.prefers_aes ? std::string(suites) : chachaFirst(suites);
  };
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_ciphersuites(context, ordered(kTls13).c_str());
  return settings.ciphers.empty() ||
         SSL_CTX_set_cipher_list(context, ordered(settings.ciphers).c_str()) == 1;
}

}  // namespace

bool hasFastAes() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("pclmul") != 0;
#elif defined(__aarch64__)
  constexpr unsigned long kAes = 1UL << 3U;    // AESE and its like
  constexpr unsigned long kPmull = 1UL << 4U;  // long multiplication, for GCM
  return (getauxval(AT_HWCAP) & (kAes | kPmull)) == (kAes | kPmull);
#else
  return false;
#endif
}

void TlsContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

Result<TlsContext::ContextPtr, Error> TlsContext::makeContext(const TlsSettings& settings,
                                                              const TlsSettings::KeyPair& pair) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, settings.requires_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_client_hello_cb(raw, TlsEngine::onHello, nullptr);
  // Sessions resume by tickets. A cache would be locked by whoever closes after an error.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kSessionContext[] = "gannet";
  SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  allowWhatTheReferenceDoes(raw);
  const bool has_certificate = !pair.chain.empty();  // without one every handshake fails
  if (has_certificate && !usePair(raw, pair)) return failure("TLS certificate and key");
  if (!useSuites(raw, settings)) return failure("TLS cipher suites");
  if (!settings.groups.empty() && SSL_CTX_set1_groups_list(raw, settings.groups.c_str()) != 1) {
    return failure("TLS curve preferences");
  }
  if (!settings.verify) return context;
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, TlsEngine::onVerified);
  if (settings.roots.empty()) {
    SSL_CTX_set_default_verify_paths(raw);
  } else if (!trustRoots(raw, settings.roots)) {
    return failure("TLS root certificates");
  }
  return context;
}

// A client that names no server, or cannot use the default's kind of key, gets the first
// certificate of a kind that it can use.
void TlsContext::offerOtherKeyTypes() {
  std::vector<int> offered;
  for (const ContextPtr& context : contexts_) {
    EVP_PKEY* const key = SSL_CTX_get0_privatekey(context.get());
    const int type = key == nullptr ? EVP_PKEY_NONE : EVP_PKEY_get_base_id(key);
    if (std::find(offered.begin(), offered.end(), type) != offered.end()) continue;
    offered.push_back(type);
    if (context.get() == native()) continue;
    STACK_OF(X509)* chain = nullptr;
    SSL_CTX_get0_chain_certs(context.get(), &chain);
    SSL_CTX_use_cert_and_key(native(), SSL_CTX_get0_certificate(context.get()), key, chain, 0);
  }
}

// OpenSSL's callback once it knows the name that the client asked for: picks the certificate that
// is valid for it.
int TlsContext::onServerName(SSL* ssl, int* /*alert*/, void* self) {
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (const ContextPtr& context : static_cast<const TlsContext*>(self)->contexts_) {
    if (X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, 0, nullptr) == 1) {
      SSL_set_SSL_CTX(ssl, context.get());
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

Result<std::shared_ptr<TlsContext>, Error> TlsContext::create(const TlsSettings& settings) {
  std::shared_ptr<TlsContext> made(new TlsContext());
  for (const auto& pair : settings.certificates) {
    auto context = makeContext(settings, pair);
    if (!context) return context.error();
    made->contexts_.push_back(std::move(*context));
  }
  if (made->contexts_.empty()) {
    auto context = makeContext(settings, {});
    if (!context) return context.error();
    made->contexts_.push_back(std::move(*context));
  }
  if (made->contexts_.size() > 1) {
    made->offerOtherKeyTypes();
    SSL_CTX_set_tlsext_servername_callback(made->native(), onServerName);
    SSL_CTX_set_tlsext_servername_arg(made->native(), made.get());
  }
  made->pinned_ = settings.pinned;
  return made;
}

bool TlsContext::isPinned(std::string_view key_digest) const {
  return pinned_.empty() || std::find(pinned_.begin(), pinned_.end(), key_digest) != pinned_.end();
}

}  // namespace gannet::net

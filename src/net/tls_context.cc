#include "net/tls_context.h"

#include "net/tls_engine.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace gannet::net {
namespace {

Error failure(const std::string& what) {
  const unsigned long code = ERR_get_error();
  const char* const reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return Error{fmt::format("{}: {}", what, reason == nullptr ? "unknown error" : reason)};
}

// Picks the certificate that is valid for the name the client asked for.
int onServerName(SSL* ssl, int* /*alert*/, void* argument) {
  const auto& contexts = *static_cast<const std::vector<SSL_CTX*>*>(argument);
  const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  for (SSL_CTX* const context : contexts) {
    if (X509_check_host(SSL_CTX_get0_certificate(context), name, 0, 0, nullptr) == 1) {
      SSL_set_SSL_CTX(ssl, context);
      return SSL_TLSEXT_ERR_OK;
    }
  }
  return SSL_TLSEXT_ERR_NOACK;
}

}  // namespace

void TlsContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

TlsContext::~TlsContext() {
  if (contexts_.size() < 2) return;
  delete static_cast<std::vector<SSL_CTX*>*>(SSL_CTX_get_ex_data(native(), 0));
}

Result<TlsContext::ContextPtr, Error> TlsContext::makeContext(const TlsSettings& settings,
                                                              const TlsSettings::KeyPair& pair) {
  ContextPtr context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, settings.requires_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Sessions resume by tickets. A cache would be locked by whoever closes after an error.
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char kSessionContext[] = "gannet";
  SSL_CTX_set_session_id_context(raw, kSessionContext, sizeof kSessionContext - 1);
  const bool has_certificate = !pair.cert_file.empty();  // without one every handshake fails
  if (has_certificate && SSL_CTX_use_certificate_chain_file(raw, pair.cert_file.c_str()) != 1) {
    return failure(fmt::format("error parsing X509 certificate/key pair: {}", pair.cert_file));
  }
  if (has_certificate &&
      SSL_CTX_use_PrivateKey_file(raw, pair.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return failure(fmt::format("error parsing X509 certificate/key pair: {}", pair.key_file));
  }
  if (!settings.ciphers.empty() && SSL_CTX_set_cipher_list(raw, settings.ciphers.c_str()) != 1) {
    return failure("no usable cipher suite");
  }
  if (!settings.groups.empty() && SSL_CTX_set1_groups_list(raw, settings.groups.c_str()) != 1) {
    return failure("no usable curve preference");
  }
  if (!settings.verify) return context;
  SSL_CTX_set_verify(raw, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, TlsEngine::onVerified);
  if (settings.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(raw);
  } else if (SSL_CTX_load_verify_locations(raw, settings.ca_file.c_str(), nullptr) != 1) {
    return failure("failed to parse root ca certificate");
  } else {
    SSL_CTX_set_client_CA_list(raw, SSL_load_client_CA_file(settings.ca_file.c_str()));
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

void TlsContext::selectByServerName() {
  auto list = std::make_unique<std::vector<SSL_CTX*>>();
  for (const ContextPtr& context : contexts_)
    list->push_back(context.get());
  SSL_CTX_set_tlsext_servername_callback(native(), onServerName);
  SSL_CTX_set_tlsext_servername_arg(native(), list.get());
  SSL_CTX_set_ex_data(native(), 0, list.release());
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
    made->selectByServerName();
  }
  made->pinned_ = settings.pinned;
  return made;
}

bool TlsContext::isPinned(std::string_view key_digest) const {
  return pinned_.empty() || std::find(pinned_.begin(), pinned_.end(), key_digest) != pinned_.end();
}

}  // namespace gannet::net

#include "bench/client/tls.h"

#include "base/assert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace gannet::bench {
namespace {

// Two of the largest records, or many small ones, are read with one call. More is no cheaper by
// what can be measured, and each connection has such a buffer.
constexpr std::size_t kReadAhead = 36UL << 10U;

int clamped(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

std::string lastError() {
  const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "the connection broke";
}

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_client_method())) {
  GANNET_ASSERT(context_ != nullptr);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A server that goes without the farewell of TLS has closed the connection all the same.
  SSL_CTX_set_options(context_.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_read_ahead(context_.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context_.get(), kReadAhead);
}

Result<TlsContext, Error> TlsContext::make(const std::string& ca_file, const std::string& host) {
  TlsContext context;
  if (ca_file.empty()) return context;
  ERR_clear_error();
  if (SSL_CTX_load_verify_file(context.context_.get(), ca_file.c_str()) != 1) {
    return Error{ca_file + ": " + lastError()};
  }
  SSL_CTX_set_verify(context.context_.get(), SSL_VERIFY_PEER, nullptr);
  context.host_ = host;
  return context;
}

SSL* TlsContext::makeSession() const {
  SSL* const ssl = SSL_new(context_.get());
  GANNET_ASSERT(ssl != nullptr);
  if (host_.empty()) return ssl;
  // It fails for what is not an address, and then it is a name.
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host_.c_str()) == 1) return ssl;
  GANNET_ASSERT(SSL_set1_host(ssl, host_.c_str()) == 1);
  SSL_set_tlsext_host_name(ssl, host_.c_str());
  return ssl;
}

TlsClient::TlsClient(const TlsContext& context, int fd) : ssl_(context.makeSession()) {
  const int is_set = SSL_set_fd(ssl_.get(), fd);
  GANNET_ASSERT(is_set == 1);
  SSL_set_connect_state(ssl_.get());
}

Connection::Handshake TlsClient::shakeHands() const {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return Connection::Handshake::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Connection::Handshake::wants_read;
    case SSL_ERROR_WANT_WRITE: return Connection::Handshake::wants_write;
    default: return Connection::Handshake::failed;
  }
}

std::string TlsClient::handshakeError() const {
  const long verified = SSL_get_verify_result(ssl_.get());
  return verified == X509_V_OK ? lastError() : X509_verify_cert_error_string(verified);
}

Transfer TlsClient::send(std::string_view bytes) const {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    ERR_clear_error();
    const Transfer one = toTransfer(SSL_write(ssl_.get(), rest.data(), clamped(rest.size())));
    if (one.size == 0) return taken > 0 ? Transfer{.size = taken} : one;
    taken += one.size;
  }
  return {.size = taken};
}

Transfer TlsClient::receive(char* buffer, std::size_t size) const {
  ERR_clear_error();
  return toTransfer(SSL_read(ssl_.get(), buffer, clamped(size)));
}

bool TlsClient::hasReadAhead() const {
  return SSL_has_pending(ssl_.get()) == 1;
}

Transfer TlsClient::toTransfer(int result) const {
  if (result > 0) return {.size = static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {.is_blocked = true};
    case SSL_ERROR_ZERO_RETURN: return {.is_closed = true};
    case SSL_ERROR_SYSCALL: return {.error = errno != 0 ? errno : ECONNRESET};
    default: return {.error = EPROTO};
  }
}

}  // namespace gannet::bench

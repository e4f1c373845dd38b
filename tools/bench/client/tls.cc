#include "bench/client/tls.h"

#include "base/assert.h"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <climits>

namespace gannet::bench {
namespace {

int clamped(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_client_method())) {
  GANNET_ASSERT(context_ != nullptr);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_mode(context_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                       SSL_MODE_RELEASE_BUFFERS);
}

TlsClient::TlsClient(const TlsContext& context, int fd) : ssl_(SSL_new(context.get())) {
  GANNET_ASSERT(ssl_ != nullptr && SSL_set_fd(ssl_.get(), fd) == 1);
  SSL_set_connect_state(ssl_.get());
}

TlsClient::Progress TlsClient::handshake() const {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) return Progress::done;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Progress::wants_read;
    case SSL_ERROR_WANT_WRITE: return Progress::wants_write;
    default: return Progress::failed;
  }
}

Transfer TlsClient::send(std::string_view bytes) const {
  ERR_clear_error();
  return toTransfer(SSL_write(ssl_.get(), bytes.data(), clamped(bytes.size())));
}

Transfer TlsClient::receive(char* buffer, std::size_t size) const {
  ERR_clear_error();
  return toTransfer(SSL_read(ssl_.get(), buffer, clamped(size)));
}

Transfer TlsClient::toTransfer(int result) const {
  if (result > 0) return {.size = static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {.is_blocked = true};
    case SSL_ERROR_ZERO_RETURN: return {.is_closed = true};
    default: return {.error = errno != 0 ? errno : EPROTO};
  }
}

}  // namespace gannet::bench

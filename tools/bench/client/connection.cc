#include "bench/client/connection.h"

#include "bench/client/tls.h"

#include <utility>

namespace gannet::bench {

Connection::Connection(Socket socket) : socket_(std::move(socket)) {}

Connection::Connection(Connection&& other) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept = default;
Connection::~Connection() = default;

void Connection::startTls(const TlsContext& context) {
  tls_ = std::make_unique<TlsClient>(context, socket_.fd());
}

Connection::Handshake Connection::shakeHands() const {
  return tls_->shakeHands();
}

std::string Connection::handshakeError() const {
  return tls_->handshakeError();
}

void Connection::dropTls() {
  tls_.reset();
}

Transfer Connection::send(std::string_view bytes) const {
  return tls_ != nullptr ? tls_->send(bytes) : socket_.send(bytes);
}

Transfer Connection::receive(char* buffer, std::size_t size) const {
  return tls_ != nullptr ? tls_->receive(buffer, size) : socket_.receive(buffer, size);
}

bool Connection::hasReadAhead() const {
  return tls_ != nullptr && tls_->hasReadAhead();
}

}  // namespace gannet::bench

#include "net/transport.h"

#include "base/assert.h"
#include "net/tls_engine.h"

#include <cerrno>

#include <sys/socket.h>
#include <sys/uio.h>

namespace gannet::net {

std::unique_ptr<TlsEngine> Transport::takeEngine() {
  return nullptr;
}

void Transport::giveBack(std::unique_ptr<TlsEngine> engine) {
  GANNET_ASSERT(engine == nullptr);  // none was given out
}

IoResult SocketTransport::receive(char* into, std::size_t capacity) {
  while (true) {
    const ssize_t got = ::recv(socket_.fd(), into, capacity, 0);
    if (got > 0) {
      const auto bytes = static_cast<std::size_t>(got);
      // A short read emptied the socket; asking again would only cost a call. But an end that was
      // reported before is not reported again.
      const bool is_empty = bytes < capacity && !has_hung_up_;
      return {is_empty ? IoState::drained : IoState::more, bytes};
    }
    if (got == 0) return {IoState::closed, 0};
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::drained, 0};
    failed_call_ = {"read", errno};
    return {IoState::failed, 0};
  }
}

IoResult SocketTransport::send(const iovec* pieces, int count) {
  std::size_t wanted = 0;
  for (int i = 0; i < count; ++i)
    wanted += pieces[i].iov_len;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces);
  message.msg_iovlen = static_cast<std::size_t>(count);
  while (true) {
    // One piece is the usual case, and cheaper for the kernel without a vector around it.
    const ssize_t sent = count == 1 ? ::send(socket_.fd(), pieces->iov_base, wanted, MSG_NOSIGNAL)
                                    : ::sendmsg(socket_.fd(), &message, MSG_NOSIGNAL);
    if (sent >= 0) {
      const auto bytes = static_cast<std::size_t>(sent);
      return {bytes < wanted ? IoState::drained : IoState::more, bytes};
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {IoState::drained, 0};
    failed_call_ = {"write", errno};
    return {IoState::failed, 0};
  }
}

void SocketTransport::shutdown() {
  ::shutdown(socket_.fd(), SHUT_WR);
}

IoResult PlainTransport::read(char* into, std::size_t capacity) {
  return receive(into, capacity);
}

IoResult PlainTransport::write(const iovec* pieces, int count) {
  return send(pieces, count);
}

}  // namespace gannet::net

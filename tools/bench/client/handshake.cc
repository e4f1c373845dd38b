#include "bench/client/handshake.h"

#include "base/clock.h"
#include "bench/client/poller.h"
#include "bench/client/tls.h"
#include "bench/client/wire.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace gannet::bench {
namespace {

constexpr std::chrono::seconds kSilence{10};
constexpr std::size_t kMaxReply = 64UL << 10U;  // INFO with a thousand URLs is half of this

enum class Step : std::uint8_t {
  connecting,
  waiting_for_info,
  encrypting,
  sending,
  waiting_for_pong
};

struct Handshake {
  Connection connection{Socket()};
  Step step = Step::connecting;
  std::string out;       // what is still to be sent
  std::string received;  // since the last step
  MonoTime begun{};
};

// What INFO says, without a reader of JSON: the names occur nowhere else in it.
bool offersTls(std::string_view info) {
  return info.find("\"tls_required\":true") != std::string_view::npos ||
         info.find("\"tls_available\":true") != std::string_view::npos;
}

class Opener {
 public:
  Opener(const Endpoint& endpoint, const Opening& opening)
      : endpoint_(endpoint), opening_(opening), all_(opening.count) {}

  Result<std::vector<Connection>, Error> run();

 private:
  bool begin();
  bool advance(std::size_t index);
  bool encrypt(Handshake& one, std::size_t index);
  bool sendHello(Handshake& one, std::size_t index);
  bool send(Handshake& one, std::size_t index);
  bool receive(Handshake& one, std::size_t index);
  bool onReceived(Handshake& one, std::size_t index);
  bool fail(std::size_t index, std::string_view why);

  const Endpoint& endpoint_;
  const Opening& opening_;
  std::vector<Handshake> all_;
  std::size_t begun_ = 0;
  std::size_t done_ = 0;
  Poller poller_;
  Error error_;
};

bool Opener::fail(std::size_t index, std::string_view why) {
  error_.text = "connection " + std::to_string(index + 1) + " of " + std::to_string(all_.size()) +
                ": " + std::string(why);
  return false;
}

bool Opener::begin() {
  while (begun_ < all_.size() && begun_ - done_ < opening_.parallel) {
    Handshake& one = all_[begun_];
    one.begun = monoNow();
    auto socket = Socket::connect(endpoint_, begun_);
    if (!socket) return fail(begun_, socket.error().text);
    one.connection = Connection(std::move(*socket));
    poller_.add(one.connection.fd(), EPOLLOUT, begun_);
    ++begun_;
  }
  return true;
}

bool Opener::encrypt(Handshake& one, std::size_t index) {
  switch (one.connection.shakeHands()) {
    case Connection::Handshake::done: return sendHello(one, index);
    case Connection::Handshake::wants_read:
      poller_.change(one.connection.fd(), EPOLLIN, index);
      return true;
    case Connection::Handshake::wants_write:
      poller_.change(one.connection.fd(), EPOLLOUT, index);
      return true;
    case Connection::Handshake::failed:
      return fail(index, "the TLS handshake failed: " + one.connection.handshakeError());
  }
  return false;
}

bool Opener::sendHello(Handshake& one, std::size_t index) {
  one.out = opening_.hello(index) + std::string(kPing);
  one.step = Step::sending;
  return send(one, index);
}

bool Opener::send(Handshake& one, std::size_t index) {
  while (!one.out.empty()) {
    const Transfer sent = one.connection.send(one.out);
    if (sent.is_blocked) {
      poller_.change(one.connection.fd(), EPOLLIN | EPOLLOUT, index);
      return true;
    }
    if (sent.size == 0) return fail(index, "the server closed the connection");
    one.out.erase(0, sent.size);
  }
  one.step = Step::waiting_for_pong;
  poller_.change(one.connection.fd(), EPOLLIN, index);
  return true;
}

bool Opener::onReceived(Handshake& one, std::size_t index) {
  const std::string_view text = one.received;
  if (!text.ends_with("\r\n")) return true;
  const std::size_t error = text.find("-ERR ");
  if (error != std::string_view::npos) {
    const std::string_view said = text.substr(error + 5);
    return fail(index, "the server says " + std::string(said.substr(0, said.find('\r'))));
  }
  if (one.step == Step::waiting_for_info) {
    if (!text.starts_with("INFO ")) return fail(index, "this is no NATS server");
    if (opening_.tls == nullptr) {
      one.received.clear();
      return sendHello(one, index);
    }
    if (!offersTls(text)) return fail(index, "the server does not speak TLS");
    one.received.clear();
    one.connection.startTls(*opening_.tls);
    one.step = Step::encrypting;
    return encrypt(one, index);
  }
  if (text.find(kPong) == std::string_view::npos) return true;
  if (opening_.times != nullptr) opening_.times->record(monoNow() - one.begun);
  poller_.remove(one.connection.fd());
  if (opening_.is_idle) one.connection.dropTls();
  one.received = std::string();
  ++done_;
  return true;
}

bool Opener::receive(Handshake& one, std::size_t index) {
  std::array<char, TlsClient::kRecord> buffer;
  do {
    const Transfer got = one.connection.receive(buffer.data(), buffer.size());
    if (got.is_blocked) break;
    if (got.is_closed) return fail(index, "the server closed the connection");
    if (got.error != 0) return fail(index, errnoText(got.error));
    one.received.append(buffer.data(), got.size);
    if (one.received.size() > kMaxReply) return fail(index, "the server talks without end");
  } while (one.connection.hasReadAhead());
  return onReceived(one, index);
}

bool Opener::advance(std::size_t index) {
  Handshake& one = all_[index];
  switch (one.step) {
    case Step::connecting: {
      const int error = one.connection.connectError();
      if (error != 0) return fail(index, errnoText(error));
      one.step = Step::waiting_for_info;
      poller_.change(one.connection.fd(), EPOLLIN, index);
      return true;
    }
    case Step::encrypting: return encrypt(one, index);
    case Step::sending: return send(one, index) && receive(one, index);
    case Step::waiting_for_info:
    case Step::waiting_for_pong: return receive(one, index);
  }
  return false;
}

Result<std::vector<Connection>, Error> Opener::run() {
  MonoTime heard = monoNow();
  while (done_ < all_.size()) {
    if (!begin()) return error_;
    const auto events = poller_.wait(std::chrono::milliseconds{100});
    const MonoTime now = monoNow();
    if (!events.empty()) heard = now;
    if (now - heard > kSilence) {
      fail(done_, "no answer from the server for ten seconds");
      return error_;
    }
    for (const epoll_event& event : events) {
      if (!advance(static_cast<std::size_t>(event.data.u64))) return error_;
    }
    if (opening_.progress != nullptr) {
      const double share = static_cast<double>(done_) / static_cast<double>(all_.size());
      opening_.progress->update(now, share, done_);
    }
  }
  std::vector<Connection> connections;
  connections.reserve(all_.size());
  for (Handshake& one : all_)
    connections.push_back(std::move(one.connection));
  return connections;
}

}  // namespace

Result<std::vector<Connection>, Error> openConnections(const Endpoint& endpoint,
                                                       const Opening& opening) {
  const auto reserved = reserveDescriptors(opening.count);
  if (!reserved.has_value()) return reserved.error();
  return Opener(endpoint, opening).run();
}

}  // namespace gannet::bench

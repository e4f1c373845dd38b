#pragma once

#include "base/clock.h"
#include "net/transport.h"
#include "server/session/input.h"
#include "server/shards/shard_set.h"
#include "server/shards/turn.h"
#include "server/state/session.h"
#include "server/state/shared.h"
#include "tests/unit/server/running_shards.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <sys/uio.h>

namespace gannet::server {

// A connection without a socket: a test puts bytes in and looks at what came out.
class FakeTransport final : public net::SocketTransport {
 public:
  FakeTransport() : SocketTransport(net::Socket(-1)) {}

  net::IoResult read(char* into, std::size_t capacity) override {
    const std::size_t size = std::min(capacity, input.size());
    std::memcpy(into, input.data(), size);
    input.erase(0, size);
    return {input.empty() ? net::IoState::drained : net::IoState::more, size};
  }

  net::IoResult write(const iovec* pieces, int count) override {
    std::size_t taken = 0;
    for (int i = 0; i < count; ++i) {
      const std::size_t size = std::min(pieces[i].iov_len, room);
      output.append(static_cast<const char*>(pieces[i].iov_base), size);
      room -= size;
      taken += size;
      if (size < pieces[i].iov_len) return {net::IoState::drained, taken};
    }
    return {net::IoState::more, taken};
  }

  void shutdown() override {}

  std::string input;
  std::string output;
  std::size_t room = std::string::npos;  // bytes that it still takes
};

// One session of StillShards.
class StillClient {
 public:
  StillClient(Shard& shard, FakeTransport& transport, Session& made)
      : session(made), id(made.id), shard_(shard), transport_(transport) {}

  // Puts bytes before the session; its shard's next turn reads them.
  void send(std::string_view bytes) {
    transport_.input += bytes;
    shard_.markReady(session);
  }

  // What came since the last call.
  std::string take() { return std::exchange(transport_.output, {}); }

  // Takes `bytes` from now on and then no more.
  void takeOnly(std::size_t bytes) { transport_.room = bytes; }

  [[nodiscard]] bool isOpen() const { return shard_.find(id) != nullptr; }

  Session& session;
  SessionId id;

 private:
  Shard& shard_;
  FakeTransport& transport_;
};

// Shards whose threads do not run: a test takes their turns one by one, on a clock of its own. No
// thread, no socket, no waiting.
class StillShards {
 public:
  explicit StillShards(std::size_t count = 1, config::Options options = testOptions())
      : running_(std::move(options), count) {}

  Shard& shard(std::size_t index = 0) { return *running_.set->shards()[index]; }

  // A session of shard `index` behind its CONNECT, with further JSON members in `options`.
  StillClient login(std::size_t index = 0, std::string_view options = "") {
    Shard& home = shard(index);
    auto transport = std::make_unique<FakeTransport>();
    FakeTransport& bytes = *transport;
    Session& session = home.addSession(std::move(transport));
    session.phase = Phase::open;
    session.cid = home.shared.next_cid.fetch_add(1);
    StillClient client(home, bytes, session);
    client.send(std::string(R"(CONNECT {"verbose":false,"pedantic":false)") +
                (options.empty() ? "" : ",") + std::string(options) + "}\r\nPING\r\n");
    settle();
    client.take();
    return client;
  }

  // One turn of one shard. True if it left work behind.
  bool turn(std::size_t index = 0) {
    Shard& home = shard(index);
    return home.loop.takeTurn(running_.set->turn(index), now_);
  }

  // Turns of all shards until none has anything to do.
  void settle() {
    for (int quiet = 0; quiet < 2;) {
      bool is_busy = false;
      for (std::size_t i = 0; i < running_.set->size(); ++i)
        is_busy = turn(i) || is_busy;
      for (std::size_t i = 0; i < running_.set->size(); ++i)
        is_busy = shard(i).loop.hasPosted() || is_busy;
      quiet = is_busy ? 0 : quiet + 1;
    }
  }

  void advance(std::chrono::nanoseconds time) { now_ += time; }

  Shared& shared() { return running_.shared; }

 private:
  RunningShards running_;
  MonoTime now_ = monoNow();
};

}  // namespace gannet::server

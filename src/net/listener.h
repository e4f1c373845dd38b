#pragma once

#include "base/result.h"
#include "net/address.h"
#include "net/poller.h"
#include "net/socket.h"
#include "net/timer_wheel.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace gannet::net {

class EventLoop;

// A listening socket that is not yet attached to a shard.
struct ListeningSocket {
  int fd = -1;
  std::uint16_t port = 0;  // as bound; 0 for Unix sockets
};

enum class PortSharing : std::uint8_t { exclusive, shared };

// Binds and listens on a TCP address; as in the reference, 0.0.0.0 and no address at all mean IPv6
// too where the machine has it. `port` 0 or -1 picks a free one. With PortSharing::shared further
// sockets may bind the same address (SO_REUSEPORT), one for each shard.
// Errors  "listen tcp HOST:PORT: bind: address already in use" and the like (config-and-cli §7.5).
Result<ListeningSocket, Error> listenTcp(const std::string& host, std::int64_t port,
                                         PortSharing sharing);

// Binds and listens on a path of the file system, which gets `mode`. A stale socket file is
// replaced; a live one is an error.
Result<ListeningSocket, Error> listenUnix(const std::string& path, unsigned mode);

// Accepts connections on one shard. When the process runs out of descriptors it pauses and tries
// again (10 ms doubling to 1 s), so that existing connections live on.
//
// Threads  The shard's own, after construction.
class Listener {
 public:
  // Gets each accepted descriptor, non-blocking and close-on-exec, and owns it from then on.
  using Accepted = std::function<void(int fd, PeerAddress peer)>;

  Listener(EventLoop& shard, ListeningSocket socket, Accepted accepted);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  // Starts accepting.
  void start();

  // Closes the listening socket: new connections are refused from now on.
  void close();

 private:
  void watch();
  void acceptReady();
  void pauseAfter(int error);

  EventLoop& shard_;
  Socket socket_;
  Watch watch_;
  Accepted accepted_;
  Timer pause_;
  std::chrono::milliseconds next_pause_;
};

}  // namespace gannet::net

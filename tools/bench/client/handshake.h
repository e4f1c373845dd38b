#pragma once

#include "base/result.h"
#include "bench/client/address.h"
#include "bench/client/socket.h"
#include "bench/histogram.h"
#include "bench/progress_bar.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace gannet::bench {

class TlsContext;

// Connections to open, all before any of them is used.
struct Opening {
  std::size_t count = 0;
  std::size_t parallel = 1;                         // handshakes under way at once
  std::function<std::string(std::size_t)> hello{};  // CONNECT and what follows it, by connection
  const TlsContext* tls = nullptr;                  // null: in the clear
  Histogram* times = nullptr;                       // from connect to PONG; may be null
  ProgressBar* progress = nullptr;                  // may be null
};

// Connects, reads INFO, sends the hello and PING, and waits for PONG: then the server knows
// everything the hello said. The sockets are non-blocking and have nothing left to read. With TLS
// they are only good for being open: nothing can be sent any more.
//
// Errors  Name the connection and what the server said; everything is closed then. A server that
//         answers nobody for ten seconds is an error.
Result<std::vector<Socket>, Error> openConnections(const Endpoint& endpoint,
                                                   const Opening& opening);

}  // namespace gannet::bench

#pragma once

#include "base/result.h"
#include "bench/client/address.h"
#include "bench/client/connection.h"
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
  bool is_idle = false;                             // they are opened to be open: see below
  Histogram* times = nullptr;                       // from connect to PONG; may be null
  ProgressBar* progress = nullptr;                  // may be null
};

// Connects, reads INFO, sends the hello and PING, and waits for PONG: then the server knows
// everything the hello said. The connections are non-blocking and have nothing left to read. Idle
// ones keep no state of TLS, so that a crowd of them fits: nothing can be sent there any more.
//
// Errors  Name the connection and what the server said; everything is closed then. A server that
//         answers nobody for ten seconds is an error.
Result<std::vector<Connection>, Error> openConnections(const Endpoint& endpoint,
                                                       const Opening& opening);

}  // namespace gannet::bench

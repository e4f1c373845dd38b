#pragma once

#include "base/result.h"
#include "bench/client/address.h"
#include "bench/client/connection.h"
#include "bench/client/handshake.h"
#include "bench/client/tls.h"
#include "bench/options.h"

#include <optional>
#include <string>
#include <vector>

namespace gannet::bench {

// The server of a run, and how its connections introduce themselves: in the clear or below TLS,
// and as the user that the options name.
class Target {
 public:
  // Errors  The name does not resolve, or --tls-ca cannot be read.
  static Result<Target, Error> make(const Options& options);

  // Opens what `opening` describes. Its hello says only what follows CONNECT; none: nothing does.
  // Errors  As openConnections().
  [[nodiscard]] Result<std::vector<Connection>, Error> open(Opening opening) const;

 private:
  Endpoint endpoint_;
  std::string connect_line_;
  std::optional<TlsContext> tls_;  // nothing: in the clear
};

}  // namespace gannet::bench

#include "bench/target.h"

#include "bench/client/wire.h"

#include <utility>

namespace gannet::bench {

Result<Target, Error> Target::make(const Options& options) {
  const auto endpoint = resolve(options.server);
  if (!endpoint) return endpoint.error();
  Target target;
  target.endpoint_ = *endpoint;
  target.connect_line_ = connectLine(options.credentials);
  if (options.is_tls) {
    auto tls = TlsContext::make(options.tls_ca, options.server.host);
    if (!tls) return tls.error();
    target.tls_ = std::move(*tls);
  }
  return target;
}

Result<std::vector<Connection>, Error> Target::open(Opening opening) const {
  opening.tls = tls_ ? &*tls_ : nullptr;
  opening.hello = [this, more = std::move(opening.hello)](std::size_t index) {
    return more ? connect_line_ + more(index) : connect_line_;
  };
  return openConnections(endpoint_, opening);
}

}  // namespace gannet::bench

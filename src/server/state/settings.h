#pragma once

#include "config/options.h"
#include "net/tls_context.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace gannet::server {

// One immutable state of the configuration, with what follows from it. A reload makes a new one and
// hands it to every shard; whoever still holds the old one finishes with it.
//
// Threads  Any, after construction.
struct Settings {
  config::Options options;
  net::TlsContextPtr tls;  // null: no TLS
  bool auth_required = false;
  std::string advertised_host;  // what INFO names: client_advertise, or the listen address
  int advertised_port = 0;

  // How long a handshake, and a client that must authenticate, may take.
  [[nodiscard]] std::chrono::nanoseconds tlsTimeout() const;
  [[nodiscard]] std::chrono::nanoseconds authTimeout() const;

  // Three quarters of max_pending: beyond it publishers wait for the receiver.
  [[nodiscard]] std::size_t softLimit() const {
    return static_cast<std::size_t>(options.max_pending) / 4 * 3;
  }
};

// Shared by all shards and by whatever still works with what a reload has replaced.
using SettingsPtr = std::shared_ptr<const Settings>;

}  // namespace gannet::server

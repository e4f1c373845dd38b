#pragma once

#include "base/result.h"
#include "monitor/http/server.h"
#include "monitor/server_source.h"

#include <memory>

namespace gannet::server {
class Server;
}

namespace gannet::monitor {

// The monitoring listener of a server, if its options ask for one: a part of the server.
//
// Threads  The control thread.
class MonitoringListener {
 public:
  // Binds and logs, or does nothing where the options name no port. `server` outlives this object
  // and its control loop's last run. Called once.
  // Errors  The fatal texts of config-and-cli §7.5.
  Result<void, Error> start(server::Server& server);

  // Closes the port and every connection; the control loop runs out of their work afterwards.
  // Without effect when nothing listens.
  void stop();

 private:
  std::unique_ptr<ServerSource> source_;  // outlives http_, which asks it
  std::unique_ptr<HttpServer> http_;      // null: not asked for
};

}  // namespace gannet::monitor

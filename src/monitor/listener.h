#pragma once

#include "base/result.h"
#include "monitor/http_server.h"
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
  // Binds and logs. Errors are the fatal texts of config-and-cli §7.5.
  Result<void, Error> start(server::Server& server);

  void stop();

 private:
  std::unique_ptr<ServerSource> source_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace gannet::monitor

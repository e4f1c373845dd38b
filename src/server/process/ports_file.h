#pragma once

#include "base/result.h"

#include <string>
#include <vector>

namespace gannet::server {

// The listeners of a running server as URLs, for scripts that started it on port -1.
struct OpenPorts {
  std::vector<std::string> nats;
  std::vector<std::string> monitoring;
};

// One URL for each address that a listener on `host` answers at: all of this machine's if `host`
// is a wildcard.
[[nodiscard]] std::vector<std::string> urlsOf(const std::string& scheme, const std::string& host,
                                              int port);

// Writes `ports` as JSON to DIR/PROGRAM_PID.ports and returns that path. Errors are the line to
// log.
// Spec: config-and-cli §6.5
Result<std::string, Error> writePortsFile(const std::string& folder, const std::string& program,
                                          const OpenPorts& ports);

}  // namespace gannet::server

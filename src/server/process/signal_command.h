#pragma once

#include "base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace gannet::server {

// Sends the signal that `command` names ("reload", "quit=1234", "stop=/run/nats.pid", "term=*") to
// the servers it names. The error is what to print, without the program's name.
// Spec: config-and-cli §6.2
Result<void, Error> sendSignal(std::string_view command);

// The ids of running servers other than this process, by their process name.
[[nodiscard]] std::vector<int> runningServers();

}  // namespace gannet::server

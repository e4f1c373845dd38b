#pragma once

#include "monitor/source.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace gannet::monitor {

// Asks `source` for everything and hands `done` the body of /metrics: what the exporter for
// nats-server makes of /varz, /connz, /subsz and /healthz, gannet_slow_receiver… of /slowz, and
// what Gannet tells of itself. Unlike the exporter's, the sums over connections are over all of
// them, not over one page. Spec: monitoring §21
void scrape(Source& source, const std::map<std::string, std::uint64_t>& requests,
            std::function<void(std::string)> done);

}  // namespace gannet::monitor

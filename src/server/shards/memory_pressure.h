#pragma once

namespace gannet::server {

class Worker;

// Gives back memory while the process is near its budget: this shard's plans first, then, one a
// turn, the connection that holds the most, be it output that it does not read or an operation that
// it does not finish. A no-op while there is no pressure.
void relieveMemoryPressure(Worker& worker);

}  // namespace gannet::server

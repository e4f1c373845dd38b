#pragma once

namespace gannet::server {

class Shard;

// Says in the memory budget what this shard's largest connection holds.
// Cost  Looks at every connection.
void publishLargest(Shard& shard);

// Gives back memory while the process is near its budget: spare buffers and this shard's plans
// first, then the connections that hold the most, be it output that they do not read or operations
// that they do not finish. If the largest one lives on another shard, that shard is asked
// instead. A no-op while there is no pressure. Not while plans of this shard are in use.
void relieveMemoryPressure(Shard& shard);

}  // namespace gannet::server

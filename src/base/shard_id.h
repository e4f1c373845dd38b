#pragma once

#include <cstdint>

namespace gannet {

// A shard's number: shards are counted from 0 and stay for the life of the process.
using ShardId = std::uint16_t;

}  // namespace gannet

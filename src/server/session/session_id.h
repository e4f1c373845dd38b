#pragma once

#include "subject/receiver.h"

#include <cstdint>

namespace gannet::server {

// Names a session across shards. A slot is used again after a close, then with another generation,
// so an id of a session that is gone finds nothing.
struct SessionId {
  ShardId shard = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const SessionId&, const SessionId&) = default;
};

}  // namespace gannet::server

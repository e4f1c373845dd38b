#pragma once

#include <span>
#include <string_view>

namespace gannet::server {

struct Publication;

// A way to another server, as a receiver of messages. It subscribes to what its other end wants.
//
// Threads  Its home shard.
class Link {
 public:
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  virtual ~Link() = default;

  // Takes a message for the other end: once, however many of its subscriptions match. `queues` are
  // the groups for which a member at the other end was chosen. Publishes nothing from inside.
  virtual void carry(const Publication& message, std::span<const std::string_view> queues) = 0;
};

}  // namespace gannet::server

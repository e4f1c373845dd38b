#pragma once

#include "net/listener.h"

namespace gannet::server {

struct Session;
class Shard;

// Takes a just accepted connection: makes its session, sends what comes first, starts reading.
void accept(Shard& shard, int fd, net::PeerAddress peer);

// Goes on with a session whose socket became readable in its greeting. True if it should be called
// again without waiting.
bool serveGreeting(Shard& shard, Session& session);

}  // namespace gannet::server

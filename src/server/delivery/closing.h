#pragma once

#include "protocol/close_reason.h"

#include <memory>

namespace gannet::net {
class TlsEngine;
}

namespace gannet::server {

struct Session;
class Shard;

// Ends a session: it reads nothing more, takes no more messages and its interest goes at once. What
// was queued is still written, unless `reason` forbids it; the first reason given wins.
// Spec  client-protocol §7.2, §14
void close(Shard& shard, Session& session, protocol::CloseReason reason);

// Once nothing is left to write: nothing more happens to the session but disconnect(), in its turn.
void finishClose(Shard& shard, Session& session);

// The last step: closes the socket, counts the connection no longer and gives the session back.
// Cost  About 20 us, most of it the kernel's: the shard takes a few a turn.
void disconnect(Shard& shard, Session& session);

// Takes care of what closes, and writes what waits for receivers on this shard. At a turn's end.
void settle(Shard& shard);

// Destroys a TLS engine on a thread of cryptography: that takes locks which such a thread may hold
// while it has lost its core.
void freeElsewhere(Shard& shard, std::unique_ptr<net::TlsEngine> engine);

}  // namespace gannet::server

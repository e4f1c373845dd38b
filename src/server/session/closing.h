#pragma once

#include "protocol/close_reason.h"

namespace gannet::server {

struct Session;
class Worker;

// Ends a session: it reads nothing more, takes no more messages and its interest goes at once. What
// was queued is still written, unless `reason` forbids it; the first reason given wins.
// Spec  client-protocol §7.2, §14
void close(Worker& worker, Session& session, protocol::CloseReason reason);

// The last step: closes the socket and gives the session back, once nothing is left to write.
void finishClose(Worker& worker, Session& session);

}  // namespace gannet::server

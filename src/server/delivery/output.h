#pragma once

#include <cstddef>
#include <string_view>

namespace gannet::server {

struct Publication;
struct Session;
class Shard;

// Queues protocol text for `session`. Dropped if the session is closing; cuts it as a slow consumer
// if the text exceeds its max_pending.
void sendText(Shard& shard, Session& session, std::string_view text);

// Queues "-ERR '<text>'".
void sendError(Shard& shard, Session& session, std::string_view text);

// Queues "+OK" if the client asked for it.
void sendOk(Shard& shard, Session& session);

// Decides for a receiver whose pending bytes exceed its soft limit, or has a flag, whether
// `size` more may be queued. Beyond three quarters of max_pending the publisher earns a stall;
// beyond max_pending the receiver is cut as a slow consumer.
// Spec  client-protocol §10
[[nodiscard]] bool hasRoom(Shard& shard, Session& session, const Publication& message,
                           std::size_t size);

// Logs how much a receiver that is being cut had queued, and what filled its queue.
void nameCulprit(const Session& session);

// Writes what is queued, as far as the socket takes it; waits for the rest, at most the write
// deadline. Called once a turn for each session on the flush list.
void flush(Shard& shard, Session& session);

}  // namespace gannet::server

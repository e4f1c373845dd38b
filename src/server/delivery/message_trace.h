#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::server {

struct Publication;
struct Session;
class Shard;

// True if the headers of a message ask for its way to be reported.
// Spec  client-protocol §15
[[nodiscard]] bool asksForTrace(const Publication& message);

// As publish(), with an account of every step sent to the destination that the headers name, once
// all shards that deliver the message have said what they did.
void publishTraced(Shard& shard, Session& session, const Publication& message);

// Reports a message that was refused for its size, if its headers ask for that. `size` is what the
// message would have had.
void traceOversized(Shard& shard, Session& session, std::string_view subject,
                    std::string_view headers, std::uint32_t size);

}  // namespace gannet::server

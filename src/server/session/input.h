#pragma once

#include "base/bytes/buffer.h"

#include <cstddef>
#include <string_view>

namespace gannet::server {

struct PartialInput;
struct Session;
class Shard;

// Reads once what a ready session sent, up to about `limit` bytes, and acts on it: then others get
// their turn. Returns true if there may be more to read without waiting.
bool serveInput(Shard& shard, Session& session, std::size_t limit);

// Acts on received bytes, in order. `owner` is what they lie in, so that large payloads can leave
// from there; null if they must be copied. PaddedView::kSlack bytes behind them are readable. Bytes
// of an incomplete operation are kept. The plans are in sync. Spec  client-protocol §4
void takeInput(Shard& shard, Session& session, std::string_view bytes, Buffer* owner);

// Copies bytes that cannot be acted on yet, and acts on them later.
[[nodiscard]] PartialInput bufferInput(std::string_view bytes);
void takeBuffered(Shard& shard, Session& session, const PartialInput& kept);

}  // namespace gannet::server

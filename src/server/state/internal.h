#pragma once

#include "base/result.h"
#include "server/message/owned_publication.h"
#include "server/message/publication.h"
#include "subject/tokens.h"

#include <cstddef>
#include <deque>
#include <string_view>
#include <vector>

namespace gannet::server {

// What a route has found behind the clients, before it calls or hands over anything. The shard
// keeps one for its memory: a route that begins inside a handler finds it empty.
struct Gathered {
  struct Carry {
    Link* link = nullptr;
    std::vector<std::string_view> queues;
  };

  std::vector<Pick> picks;  // members on other shards
  std::vector<Carry> carries;
  std::vector<SubscriptionId> internals;

  // Notes a link once, however often it is met; `queue` is that of a chosen member, or empty.
  void carry(Link& link, std::string_view queue);

  [[nodiscard]] bool isEmpty() const {
    return picks.empty() && carries.empty() && internals.empty();
  }
};

// Calls internal receivers in the order of the messages. What a handler publishes to another
// internal receiver waits here, as an owned copy, until the handler has returned; as long as
// anything waits, later messages wait behind it, so that none is overtaken.
//
// Threads  One shard.
class InternalCalls {
 public:
  // Calls those of `receivers` that still exist, or puts the call behind those that wait.
  void call(Shard& shard, std::vector<SubscriptionId> receivers, const Publication& message);

  // Makes the calls that wait, at most kMaxCalls: handlers may go on publishing to each other.
  void drain(Shard& shard);

  [[nodiscard]] bool isEmpty() const { return waiting_.empty(); }

  // Of one drain(): then the others get their share of the turn.
  static constexpr std::size_t kMaxCalls = 256;

 private:
  struct Waiting {
    std::vector<SubscriptionId> receivers;
    OwnedPublication message;
  };

  static void callNow(Shard& shard, const std::vector<SubscriptionId>& receivers,
                      const Publication& message);

  std::deque<Waiting> waiting_;
  bool is_calling_ = false;
};

// Subscribes `handler` on this shard: a message published on any shard reaches it there, in
// order, once. `queue` empty: not in a group. `handler.context` outlives the subscription.
// Errors  A pattern that is none.
[[nodiscard]] Result<SubscriptionId, subject::PatternError> subscribeInternal(
    Shard& shard, AccountView& account, std::string_view pattern, std::string_view queue,
    InternalHandler handler);

// Ends it, also from inside its own handler. Nothing happens if it has ended.
void unsubscribeInternal(Shard& shard, AccountView& account, SubscriptionId id);

}  // namespace gannet::server

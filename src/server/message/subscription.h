#pragma once

#include "subject/receiver.h"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gannet::server {

struct Publication;
struct Session;
class Link;
class Shard;

// Why a delivery leaves the straight path. A bit set in a subscription or in its session sends the
// message through Route::toFlagged(), so the straight path pays for none of these.
namespace flags {
inline constexpr std::uint8_t kClosing = 1;     // takes nothing any more
inline constexpr std::uint8_t kNoEcho = 2;      // not the session's own messages
inline constexpr std::uint8_t kHeaderless = 4;  // gets messages stripped of their headers
inline constexpr std::uint8_t kCounted = 8;     // subscription with a maximum
inline constexpr std::uint8_t kLogged = 16;     // what it is sent is logged
inline constexpr std::uint8_t kAll = 0xff;
}  // namespace flags

// The home of an internal receiver that lives on every shard alike: it runs where the message was
// published.
inline constexpr ShardId kEveryShard = 0xffff;

// Names a session across shards. A slot is used again after a close, then with another generation,
// so an id of a session that is gone finds nothing.
struct SessionId {
  ShardId shard = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const SessionId&, const SessionId&) = default;
};

// Names a subscription in the same way.
struct SubscriptionId {
  ShardId shard = 0;
  std::uint32_t slot = 0;
  std::uint32_t generation = 0;

  friend bool operator==(const SubscriptionId&, const SubscriptionId&) = default;
};

// What is called for a message to an internal receiver. It may publish, and end any subscription,
// its own included.
//
// Threads  The home shard of the receiver; of one on every shard, the publisher's.
struct InternalHandler {
  void (*call)(void* context, Shard& shard, const Publication& message) = nullptr;
  void* context = nullptr;
};

// One SUB of a session, one internal receiver, or what a link wants for its other end.
//
// Threads  The fields of the base: under the interest's lock. The rest: its home shard.
// Layout   Aligned, so that no two shards write to one cache line, whoever made a subscription.
struct alignas(64) Subscription : subject::Receiver {
  std::uint8_t flags = 0;
  SubscriptionId id;
  Session* session = nullptr;   // of a client
  Link* link = nullptr;         // of a link
  InternalHandler internal;     // of an internal receiver
  std::string sid;              // of a client, as it wrote it
  std::uint64_t delivered = 0;  // since the SUB
  std::uint64_t max = 0;        // with kCounted: removed after so many deliveries

  [[nodiscard]] bool isInternal() const { return internal.call != nullptr; }
};

// Finds the subscriptions of one session by sid. Does not own them.
struct SidHash {
  using is_transparent = void;

  std::size_t operator()(std::string_view sid) const { return std::hash<std::string_view>()(sid); }

  std::size_t operator()(const Subscription* sub) const { return (*this)(sub->sid); }
};

struct SidEqual {
  using is_transparent = void;

  static std::string_view sidOf(const Subscription* sub) { return sub->sid; }

  static std::string_view sidOf(std::string_view sid) { return sid; }

  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return sidOf(a) == sidOf(b);
  }
};

using SubscriptionSet = boost::unordered_flat_set<Subscription*, SidHash, SidEqual>;

}  // namespace gannet::server

#pragma once

#include "subject/receiver.h"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace gannet::server {

struct Session;
struct Message;
class Worker;

// Why a delivery leaves the straight path. A bit set in a subscription or in its session sends the
// message through Delivery::toSpecial(), so the straight path pays for none of these.
namespace special {
inline constexpr std::uint8_t kClosing = 1;     // takes nothing any more
inline constexpr std::uint8_t kNoEcho = 2;      // not the session's own messages
inline constexpr std::uint8_t kHeaderless = 4;  // gets messages stripped of their headers
inline constexpr std::uint8_t kCounted = 8;     // subscription with a maximum
inline constexpr std::uint8_t kTraced = 16;     // what it is sent is logged
inline constexpr std::uint8_t kService = 32;    // a function of the server answers
inline constexpr std::uint8_t kAll = 0xff;
}  // namespace special

// What answers a request inside the server. Runs on the publisher's shard.
using Service = void (*)(Worker& worker, const Message& request);

// One SUB of a session, or one internal receiver.
//
// Threads  The fields of the base: under the interest's lock. The rest: the session's shard.
// Layout   Aligned, so that no two shards write to one cache line, whoever made a subscription.
struct alignas(64) Subscription : subject::Receiver {
  std::uint8_t special = 0;
  Session* session = nullptr;  // null for a service
  Service service = nullptr;
  std::string sid;              // as the client wrote it
  std::uint64_t delivered = 0;  // since the SUB
  std::uint64_t max = 0;        // with kCounted: removed after so many deliveries
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

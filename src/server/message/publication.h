#pragma once

#include "base/bytes/buffer.h"
#include "base/bytes/padded_view.h"
#include "server/message/subscription.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace gannet::server {

struct AccountView;

// What the shards that a request was handed to tell the one that handed it over, so that in the end
// the publisher's can say that nobody is there. Spec: client-protocol §9.4
struct Ask {
  enum class Wants : std::uint8_t {
    nothing,
    failure,  // one shard was asked: it says so if nobody took the message
    outcome,  // several were: each says how it went
  };

  Wants wants = Wants::nothing;
  ShardId home = 0;          // who asks
  std::uint32_t number = 0;  // of Wants::outcome: `home` counts the answers under it
};

// A message under way, whoever made it: a client's line in either parser, another shard, a service.
// Everything is a view that holds until route() returns; what keeps it longer makes an
// OwnedPublication.
struct Publication {
  AccountView* account = nullptr;  // whose interest decides, as this shard sees it
  std::string_view subject;        // that it is routed by
  std::string_view shown_as;       // the subject that receivers see; empty: the one it is routed by
  std::string_view reply;          // empty: none
  PaddedView tail;                 // "[reply ][header_size ]size\r\n"
  PaddedView body;  // headers, payload and the final CR LF; may follow `tail` directly
  std::uint32_t header_size = 0;
  // The bits for which this message leaves the straight path.
  std::uint8_t flag_mask = kWithoutHeaders;
  std::uint8_t hops = 0;  // shards that have looked for a member of a group to take it
  Ask ask;
  Buffer* owner = nullptr;  // what `body` lies in; null: it must be copied
  Session* from = nullptr;  // null if it was published elsewhere, or by no client
  SessionId from_id;

  static constexpr std::uint8_t kWithoutHeaders =
      flags::kAll & static_cast<std::uint8_t>(~flags::kHeaderless);

  void setHeaderSize(std::uint32_t size) {
    header_size = size;
    flag_mask = size > 0 ? flags::kAll : kWithoutHeaders;
  }

  [[nodiscard]] std::string_view shown() const { return shown_as.empty() ? subject : shown_as; }

  [[nodiscard]] std::string_view headers() const { return body.view().substr(0, header_size); }

  // Bytes of headers and payload.
  [[nodiscard]] std::size_t size() const { return body.size() - 2; }

  // True if tail and body can be copied as one.
  [[nodiscard]] bool isContiguous() const { return tail.data() + tail.size() == body.data(); }
};

// A member of a queue group, chosen to take a message.
struct Pick {
  SubscriptionId id;
  std::string_view queue;
};

// What one shard hands to another along with a message.
struct Handover {
  bool includes_plain = false;  // the other shard has receivers that are in no group
  std::span<const Pick> picks;  // members there, each of another group
};

}  // namespace gannet::server

#pragma once

#include "base/result.h"
#include "bench/client/wire.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gannet::bench {

// What publishers put behind a subject, and a dot.
enum class LastToken : std::uint8_t {
  none,   // nothing: subscribers ask for the subject
  same,   // always the same token: subscribers ask for SUBJECT.*
  fresh,  // one that no other message has: subscribers ask for SUBJECT.*
};

// Who publishes and who listens to what. All subjects have names of one length, and so have all
// sids: every message has the same size on the wire.
struct Topology {
  std::size_t publishers = 1;
  std::size_t subscribers = 0;
  std::size_t subjects = 1;
  std::size_t size = 0;           // of a payload
  bool is_queue = false;          // the subscribers of a subject are one queue group
  std::string subject = "bench";  // the name, or with several subjects what their names begin with
  LastToken last_token = LastToken::none;
};

// Subscribers must share the subjects evenly, or the number of deliveries is not known.
Result<void, Error> validate(const Topology& topology);

[[nodiscard]] std::string subjectName(const Topology& topology, std::size_t index);

// The first of what is published on subject `index`: its name, or a subject just below it.
[[nodiscard]] std::string publishedName(const Topology& topology, std::size_t index);

// What connection `index` of `count` deals with: the subjects are dealt like cards, and dealt again
// from the first when there are fewer of them than connections.
[[nodiscard]] std::vector<std::size_t> subjectsOf(const Topology& topology, std::size_t index,
                                                  std::size_t count);

// The SUB lines of one subscriber.
[[nodiscard]] std::string subscriptions(const Topology& topology, std::size_t subscriber);

// How often each message is delivered.
[[nodiscard]] std::uint64_t deliveriesPerMessage(const Topology& topology);

// The length of a delivery on the wire.
[[nodiscard]] std::size_t deliverySize(const Topology& topology);

}  // namespace gannet::bench

#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/result.h"
#include "monitor/pages/varz_parts.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace gannet::monitor {

class Query;

// The parameter of /jsz that means something without streams. Those that select accounts and
// streams are checked for their form only: there is nothing to select from.
struct JszQuery {
  bool is_for_leader = false;  // answered by the leader of JetStream's cluster alone
};

// Errors  The body of a 400. Spec: monitoring §1.3, §10.1
[[nodiscard]] Result<JszQuery, Error> parseJszQuery(const Query& query);

// The endpoint's own check: a server without JetStream leads nothing. Spec: monitoring §10.1
[[nodiscard]] Result<void, Error> validate(const JszQuery& query);

// The whole of /jsz of a server without JetStream: a 200, so that pollers see a part that is off
// and not a server that fails. The numbers of varz come first, at the same level; lists of
// accounts, streams and cluster peers are absent, as they are where there are none. Spec:
// monitoring §10.2
struct Jsz : VarzJetStreamStats {
  std::string server_id;
  WallTime now;
  json::Omit<bool> disabled;
  VarzJetStreamConfig config;
  int streams = 0;
  int consumers = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  int total = 0;  // accounts with JetStream
};
BOOST_DESCRIBE_STRUCT(Jsz, (VarzJetStreamStats),
                      (server_id, now, disabled, config, streams, consumers, messages, bytes,
                       total))

}  // namespace gannet::monitor

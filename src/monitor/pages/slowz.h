#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/result.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gannet::monitor {

class Query;

// A receiver that fell behind, open or already cut.
struct SlowReceiver {
  std::uint64_t cid = 0;
  json::Omit<std::string> name;
  std::string ip;
  int port = 0;
  std::string account;
  std::int64_t pending_bytes = 0;       // waiting now
  std::int64_t pending_bytes_high = 0;  // the most that ever waited
  std::int64_t max_pending = 0;
  std::int64_t cuts = 0;            // times it was closed as a slow consumer
  std::int64_t stalls = 0;          // times a publisher waited for it
  json::Omit<std::string> subject;  // what filled it most recently
};
BOOST_DESCRIBE_STRUCT(SlowReceiver, (),
                      (cid, name, ip, port, account, pending_bytes, pending_bytes_high, max_pending,
                       cuts, stalls, subject))

// The whole of /slowz, Gannet's own: who makes publishers wait and memory grow. A Source fills
// server_id, now and in receivers all candidates in any order.
struct Slowz {
  std::string server_id;
  WallTime now;
  std::int64_t total = 0;  // receivers that fell behind
  std::int64_t limit = 0;
  std::vector<SlowReceiver> receivers;
};
BOOST_DESCRIBE_STRUCT(Slowz, (), (server_id, now, total, limit, receivers))

struct SlowzQuery {
  std::int64_t limit = 0;
};

// Parameter: limit, 20 unless given. Errors are the body of a 400.
[[nodiscard]] Result<SlowzQuery, Error> parseSlowzQuery(const Query& query);

// Keeps the worst: those that were cut first, then by the share of max_pending they ever filled.
void rank(Slowz& slowz, const SlowzQuery& query);

}  // namespace gannet::monitor

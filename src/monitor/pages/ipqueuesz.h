#pragma once

#include "base/json_shape.h"
#include "base/result.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace gannet::monitor {

class Query;

// A queue inside the server.
struct QueueStatus {
  std::uint64_t pending = 0;  // tasks that wait in it
};
BOOST_DESCRIBE_STRUCT(QueueStatus, (), (pending))

// The whole of /ipqueuesz: queues by name. They are an implementation's own, so the names are not
// the reference's: "shard-1 recvQ" holds what the other shards have posted to shard 1.
// Spec: monitoring §12
using Ipqueuesz = std::map<std::string, QueueStatus>;

struct IpqueueszQuery {
  bool with_idle = false;  // those that are empty too
  std::string part;        // of the name; empty: all
};

// Errors  The body of a 400. Spec: monitoring §1.3, §12
[[nodiscard]] Result<IpqueueszQuery, Error> parseIpqueueszQuery(const Query& query);

// Leaves the queues that the query asks for.
void select(Ipqueuesz& queues, const IpqueueszQuery& query);

}  // namespace gannet::monitor

#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/result.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// The pages about links to other servers: routes, leaf nodes and gateways. This server has none of
// them, and says so in the form that the reference uses when they are not configured: pollers that
// ask for everything go on, and what they show is right.
//
// Threads  Any; plain values.
namespace gannet::monitor {

class Query;

// A link to another server. It has no members, because there are no links to describe.
struct Link {};
BOOST_DESCRIBE_STRUCT(Link, (), ())

// The whole of /routez. Spec: monitoring §4
struct Routez {
  std::string server_id;
  std::string server_name;
  WallTime now;
  int num_routes = 0;  // connections, pools included
  std::vector<Link> routes;
};
BOOST_DESCRIBE_STRUCT(Routez, (), (server_id, server_name, now, num_routes, routes))

// The whole of /leafz. Spec: monitoring §6
struct Leafz {
  std::string server_id;
  WallTime now;
  int leafnodes = 0;
  std::vector<Link> leafs;
};
BOOST_DESCRIBE_STRUCT(Leafz, (), (server_id, now, leafnodes, leafs))

// The whole of /gatewayz where no gateway is configured. Spec: monitoring §5
struct Gatewayz {
  std::string server_id;
  WallTime now;
  std::map<std::string, Link> outbound_gateways;
  std::map<std::string, std::vector<Link>> inbound_gateways;
};
BOOST_DESCRIBE_STRUCT(Gatewayz, (), (server_id, now, outbound_gateways, inbound_gateways))

// What the parameters of each page select from is empty, so only their form matters. The first
// value that cannot be read, in the reference's order, is the error.
//
// Errors  The body of a 400. Spec: monitoring §1.3
[[nodiscard]] Result<void, Error> checkRoutezQuery(const Query& query);
[[nodiscard]] Result<void, Error> checkLeafzQuery(const Query& query);
[[nodiscard]] Result<void, Error> checkGatewayzQuery(const Query& query);

}  // namespace gannet::monitor

#pragma once

#include "base/clock.h"
#include "base/json_shape.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::server {

class Shard;

// Who speaks, at the start of everything that the server publishes itself.
// Spec: monitoring, "ServerInfo"
struct ServerFacts {
  std::string name;
  std::string host;  // the listen address
  std::string id;    // public nkey
  json::Omit<std::string> cluster;
  std::string ver;  // the reference's version that we stand for
  json::Omit<std::vector<std::string>> tags;
  json::Omit<std::map<std::string, std::string>> metadata;
  json::Omit<std::map<std::string, bool>> feature_flags;
  bool jetstream = false;
  std::uint64_t flags = 0;  // of parts that are off: none
  std::uint64_t seq = 0;    // counts what this server published
  WallTime time;
};
BOOST_DESCRIBE_STRUCT(ServerFacts, (),
                      (name, host, id, cluster, ver, tags, metadata, feature_flags, jetstream,
                       flags, seq, time))

// This server now, with the next sequence number: each result is for one message.
// Threads  The shard's own.
[[nodiscard]] ServerFacts nextServerFacts(Shard& shard);

// The subject under which the system account answers what `account` asks on `subject`: the
// account's name comes before the last token. Spec: monitoring §20
[[nodiscard]] std::string systemSubject(std::string_view subject, std::string_view account);

}  // namespace gannet::server

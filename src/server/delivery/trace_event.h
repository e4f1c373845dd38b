#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "protocol/headers.h"
#include "server/state/server_facts.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What a traced message's destination receives. Spec: client-protocol §15
namespace gannet::server {

// One step of the message: "in" to the server, "eg" to a receiver, "si" to a service.
struct TraceStep {
  std::string type;                     // as above
  WallTime ts;                          // when the step was taken
  json::Omit<std::optional<int>> kind;  // 0: client
  json::Omit<std::uint64_t> cid;
  json::Omit<std::string> name;
  json::Omit<std::string> acc;    // account
  json::Omit<std::string> subj;   // as published
  json::Omit<std::string> from;   // of a service: the subject asked
  json::Omit<std::string> to;     // of a service: the subject that answers
  json::Omit<std::string> sub;    // the receiver's pattern
  json::Omit<std::string> queue;  // its queue group
  json::Omit<std::string> error;  // why it did not get the message
};
BOOST_DESCRIBE_STRUCT(TraceStep, (),
                      (type, ts, kind, cid, name, acc, subj, from, to, sub, queue, error))

struct TraceRequest {
  json::Omit<protocol::HeaderMap> header;
  json::Omit<std::uint64_t> msgsize;  // headers and payload
};
BOOST_DESCRIBE_STRUCT(TraceRequest, (), (header, msgsize))

struct TraceEvent {
  ServerFacts server;
  TraceRequest request;
  std::vector<TraceStep> events;
};
BOOST_DESCRIBE_STRUCT(TraceEvent, (), (server, request, events))

// The event as bytes on the wire.
struct EncodedEvent {
  std::string headers;  // names the encoding; empty: none
  std::string body;
};

// Compressed as the message's Accept-Encoding asked.
[[nodiscard]] EncodedEvent encode(const TraceEvent& event, protocol::TraceEncoding encoding);

}  // namespace gannet::server

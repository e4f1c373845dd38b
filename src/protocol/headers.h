#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Header blocks: "NATS/1.0[ status]", lines "Name: value", an empty line, each with CR LF.
// Publishers may send anything in their place: every function takes any bytes and is linear in
// them. Spec: client-protocol §8
namespace gannet::protocol {

// The value of the first header called exactly `name`: without the blanks before it, up to CR LF.
// A view into `block`.
[[nodiscard]] std::optional<std::string_view> findHeader(std::string_view block,
                                                         std::string_view name);

// All headers with their values in order of appearance, without blanks around the values. Lines
// without a colon and headers without a value do not count. Spec: client-protocol §15
using HeaderMap = std::map<std::string, std::vector<std::string>>;
[[nodiscard]] HeaderMap headerMap(std::string_view block);

// `block` without any header called `name`; the other lines keep their order and bytes. Empty if
// neither a header nor a status is left.
[[nodiscard]] std::string removeHeader(std::string_view block, std::string_view name);

// `block` with the one header `name`, at its end. Makes a block from nothing if `block` is empty.
[[nodiscard]] std::string setHeader(std::string_view block, std::string_view name,
                                    std::string_view value);

enum class TraceEncoding : std::uint8_t { identity, snappy, gzip };

// What the headers of a message say about tracing it. Views into the block.
// Spec: client-protocol §15
struct TraceHeaders {
  std::string_view dest;  // subject of the events, unchecked; empty: none named
  std::string_view hop;   // as another server set it; to be ignored from a client
  TraceEncoding encoding = TraceEncoding::identity;
  bool is_trace_only = false;       // deliver to nobody; only counts beside `dest`
  bool is_sampled = false;          // traceparent asks for a trace to the account's destination
  bool is_disabled = false;         // Nats-Trace-Dest: trace disabled
  bool has_origin_account = false;  // an old server's mark: not traced, and disabled further on
};

// Nothing if no header names or triggers a trace, which is the cheap and common answer.
[[nodiscard]] std::optional<TraceHeaders> parseTraceHeaders(std::string_view block);

// The whole HMSG that tells a requester that nobody listens to `subject`, on its own subscription
// `sid` to `reply`. Spec: client-protocol §9.4
[[nodiscard]] std::string noRespondersMessage(std::string_view reply, std::string_view sid,
                                              std::string_view subject);

}  // namespace gannet::protocol

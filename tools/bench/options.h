#pragma once

#include "base/result.h"
#include "bench/client/address.h"
#include "bench/client/wire.h"
#include "bench/topology.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gannet::bench {

enum class Mode : std::uint8_t { pub, fanout, queue, pubsub, request, ping, idle, connect };

[[nodiscard]] std::string_view nameOf(Mode mode);

// What one run does. Each member says which flag sets it.
struct Options {
  Mode mode = Mode::pub;
  Address server;                        // --server
  Credentials credentials;               // --user, --password, --token
  Topology topology;                     // --publishers … --subject
  std::uint64_t msgs = 0;                // --msgs; 0: as many as fit the time
  std::chrono::nanoseconds duration{0};  // --seconds; 0: until the messages are through
  std::chrono::nanoseconds warmup{0};    // --warmup
  double rate = 0;                       // --rate, messages a second of all together; 0: no limit
  std::size_t window = 8UL << 20U;       // --window, bytes on their way to subscribers
  std::size_t threads = 1;               // --threads
  std::size_t concurrency = 1;           // --concurrency, requests or handshakes under way at once
  std::size_t connections = 1000;        // --connections
  std::size_t beside = 0;                // --beside, busy publishers
  bool is_tls = false;                   // --tls
  std::string tls_ca;                    // --tls-ca; empty: any certificate is good
  std::optional<int> pid;                // --pid
  bool is_json = false;                  // --json
};

// What the words of a command line ask for.
struct Command {
  Options options{};
  std::string help{};  // not empty: print this instead of running
};

// Reads everything behind the program's name. Errors name the flag, and a flag that means nothing
// to the mode is one.
Result<Command, Error> parseCommand(std::span<const std::string_view> words);

}  // namespace gannet::bench

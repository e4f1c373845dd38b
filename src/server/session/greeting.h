#pragma once

#include "base/clock.h"
#include "net/listener.h"
#include "net/timer_wheel.h"
#include "server/shards/settings.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gannet::net {
class TlsEngine;
}

namespace gannet::server {

struct Session;
class Shard;

// What happens between accept and the first operation: PROXY header, the choice between TLS and
// plain, the handshake. A plain server without PROXY support never makes one.
// Spec  client-protocol §2.1 to §2.4
class Greeting {
 public:
  enum class Step : std::uint8_t {
    first_bytes,   // handshake-first with a fallback: does the client speak first?
    proxy_header,  // PROXY v1 or v2, or none
    tls_or_plain,  // allow_non_tls: the first byte decides
    handshake,
    computing,  // another thread has the TLS engine
  };

  Step step = Step::handshake;
  SettingsPtr
      settings;  // in force at accept: INFO and the steps follow these, whatever a reload does
  bool info_sent = false;
  std::string received;        // read ahead, not consumed yet
  net::PeerAddress wire_peer;  // of the socket, if a PROXY header named another one
  net::Timer timer;            // until the step's deadline
  MonoTime deadline{};
  MonoTime lent{};  // since when the engine is away
  bool timed_out = false;
  bool has_header_part = false;  // of a PROXY header, when the time for its start was over
};

// Takes a just accepted connection: makes its session, sends what comes first, starts reading.
void accept(Shard& shard, int fd, net::PeerAddress peer);

// Goes on with a session whose socket became readable in its greeting. True if it should be called
// again without waiting.
bool serveGreeting(Shard& shard, Session& session);

// Destroys a TLS engine on a thread of cryptography: that takes locks which such a thread may hold
// while it has lost its core.
void freeElsewhere(Shard& shard, std::unique_ptr<net::TlsEngine> engine);

}  // namespace gannet::server

#pragma once

#include "base/clock.h"
#include "net/listener.h"
#include "net/timer_wheel.h"
#include "server/state/settings.h"

#include <cstdint>
#include <string>

namespace gannet::server {

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

}  // namespace gannet::server

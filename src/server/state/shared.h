#pragma once

#include "account/accounts.h"
#include "base/clock.h"
#include "server/message/subscription.h"
#include "server/state/handshake_rate.h"
#include "server/state/memory_budget.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gannet::server {

class CryptoThreads;

// Who this server is. Does not change while it runs.
struct ServerIdentity {
  std::string id;    // public server nkey, new at each start
  std::string xkey;  // public curve key
  std::string name;
  std::string program;                 // what the executable was started as
  std::vector<std::string> arguments;  // the command line, program first, without secrets
  std::string host;                    // as INFO announces it
  std::uint16_t port = 0;              // as bound
};

// What all shards look at.
//
// Threads  Any. Atomics are counters that no other memory depends on.
struct Shared {
  ServerIdentity identity;
  account::Accounts accounts;
  MemoryBudget memory;
  // Internal receivers that live on every shard, by slot; they change only while no shard runs.
  std::vector<std::unique_ptr<Subscription>> everywhere;
  HandshakeRate tls_rate;
  CryptoThreads* passwords = nullptr;           // checks what is slow by design
  CryptoThreads* handshakes = nullptr;          // of TLS
  std::atomic<std::size_t> password_checks{0};  // that shards have given to `passwords`
  WallTime started;
  std::atomic<std::uint64_t> next_cid{1};
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::uint64_t> total_connections{0};
  std::atomic<std::uint64_t> closed{0};         // connections recorded when they closed
  std::atomic<std::uint64_t> next_sequence{1};  // of what the server itself publishes
  std::atomic<bool> is_lame_duck{false};
  std::atomic<bool> is_spare_watched{false};  // a shard has a timer for the spare buffers
};

}  // namespace gannet::server

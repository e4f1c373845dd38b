#pragma once

#include "monitor/pages/accountz.h"
#include "monitor/pages/connz.h"
#include "monitor/pages/healthz.h"
#include "monitor/pages/ipqueuesz.h"
#include "monitor/pages/slowz.h"
#include "monitor/pages/subsz.h"
#include "monitor/pages/varz.h"

#include <functional>
#include <string>
#include <vector>

namespace gannet::monitor {

// Takes one answer. A Source calls it once, or destroys it without a call at shutdown.
template <class T>
using Reply = std::function<void(T)>;

// Who answers, and when: the head of most pages.
struct Stamp {
  std::string server_id;
  std::string server_name;
  WallTime now;
};

// Where the monitoring endpoints get what they show. The server asks its shards and puts their
// answers together; tests answer at once.
//
// Threads  Called on the thread of the HTTP server, which is not a shard's, and replies there:
//          during the call or later.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // Everything but http_req_stats.
  virtual void varz(Reply<Varz> reply) = 0;

  // See ConnectionList for what it has to hold. `query` is valid during the call only.
  virtual void connz(const ConnzQuery& query, Reply<ConnectionList> reply) = 0;

  // See Subsz. `query` is valid during the call only.
  virtual void subsz(const SubszQuery& query, Reply<Subsz> reply) = 0;

  // The checks of monitoring §11.3 from number 3 on.
  virtual void healthz(const HealthzQuery& query, Reply<HealthCheck> reply) = 0;

  virtual void slowz(Reply<Slowz> reply) = 0;

  virtual void accounts(Reply<AccountList> reply) = 0;

  // All queues, idle or not.
  virtual void ipqueuesz(Reply<Ipqueuesz> reply) = 0;

  [[nodiscard]] virtual Stamp stamp() const = 0;

  // The command line, program first, secrets redacted.
  [[nodiscard]] virtual std::vector<std::string> arguments() const { return {}; }
};

}  // namespace gannet::monitor

#pragma once

#include "base/clock.h"
#include "monitor/source.h"

#include <chrono>
#include <functional>

namespace gannet::server {
class Server;
}

namespace gannet::monitor {

// What the running server's shards know, put together. Every question visits each shard once, as a
// task between its turns, and is answered on the control thread.
//
// Threads  The control thread.
// Cost     stamp() and arguments() ask no shard.
class ServerSource final : public Source {
 public:
  // The server outlives the source.
  explicit ServerSource(server::Server& server) : server_(server) {}

  void varz(Reply<Varz> reply) override;
  void connz(const ConnzQuery& query, Reply<ConnectionList> reply) override;
  void subsz(const SubszQuery& query, Reply<Subsz> reply) override;
  void healthz(const HealthzQuery& query, Reply<HealthCheck> reply) override;
  void slowz(Reply<Slowz> reply) override;
  void accounts(Reply<AccountList> reply) override;
  void ipqueuesz(Reply<Ipqueuesz> reply) override;
  [[nodiscard]] Stamp stamp() const override;
  [[nodiscard]] std::vector<std::string> arguments() const override;

 private:
  double cpuPercent();

  server::Server& server_;
  MonoTime sampled_{};                    // when cpu_used_ was read
  std::chrono::nanoseconds cpu_used_{0};  // by the process until then
  double cpu_percent_ = 0;
};

}  // namespace gannet::monitor

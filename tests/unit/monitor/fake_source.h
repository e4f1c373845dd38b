#pragma once

#include "monitor/source.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace gannet::monitor {

inline WallTime at(std::int64_t seconds) {
  return WallTime{std::chrono::seconds{seconds}};
}

// Answers at once, or keeps the replies until release() if `is_slow`, with what the test put in.
class FakeSource : public Source {
 public:
  Varz varz_answer;
  ConnectionList connections;
  Subsz subsz_answer;
  HealthCheck health;
  Slowz slowz_answer;
  AccountList account_list;
  Ipqueuesz queues;
  ConnzQuery last_connz;
  bool is_slow = false;
  std::vector<std::function<void()>> waiting;

  FakeSource() {
    varz_answer.server_id = connections.server_id = subsz_answer.server_id = "NID";
    slowz_answer.server_id = account_list.server_id = "NID";
    varz_answer.server_name = "harbour";
    connections.now = at(1000);
  }

  void varz(Reply<Varz> reply) override { answer(std::move(reply), varz_answer); }

  void connz(const ConnzQuery& query, Reply<ConnectionList> reply) override {
    last_connz = query;
    answer(std::move(reply), connections);
  }

  void subsz(const SubszQuery& /*query*/, Reply<Subsz> reply) override {
    answer(std::move(reply), subsz_answer);
  }

  void healthz(const HealthzQuery& /*query*/, Reply<HealthCheck> reply) override {
    answer(std::move(reply), health);
  }

  void slowz(Reply<Slowz> reply) override { answer(std::move(reply), slowz_answer); }

  void accounts(Reply<AccountList> reply) override { answer(std::move(reply), account_list); }

  void ipqueuesz(Reply<Ipqueuesz> reply) override { answer(std::move(reply), queues); }

  [[nodiscard]] Stamp stamp() const override { return {"NID", "harbour", at(1000)}; }

  void release() {
    for (const auto& reply : std::exchange(waiting, {}))
      reply();
  }

 private:
  template <class T>
  void answer(Reply<T> reply, const T& value) {
    if (is_slow) {
      waiting.push_back([reply = std::move(reply), value] { reply(value); });
    } else {
      reply(value);
    }
  }
};

}  // namespace gannet::monitor

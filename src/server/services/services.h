#pragma once

#include "account/account.h"
#include "server/delivery/subscription.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::server {

class Shard;

// The requests that the server itself answers: internal receivers that live on every shard, so that
// each is answered where it was published.
//
// Threads  Made and ended while no shard runs. In between any: it does not change.
class Services {
 public:
  // Subscribes in `account`, which outlives this object.
  explicit Services(account::Account& account);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;
  ~Services();

  // Null if there is none of that name.
  [[nodiscard]] Subscription* find(SubscriptionId id) const;

  // Logs the server's own subscriptions as those of a client named SYSTEM.
  static void trace();

 private:
  account::Account& account_;
  std::vector<std::unique_ptr<Subscription>> subs_;  // by slot
};

// The subject under which the system account answers what `account` asks on `subject`: the
// account's name comes before the last token. Spec: monitoring §20
[[nodiscard]] std::string systemSubject(std::string_view subject, std::string_view account);

// Tells a client who it is. A request without a reply, or from no client, gets no answer.
// Spec: client-protocol §17
void answerUserInfo(Shard& shard, const Publication& request);

}  // namespace gannet::server

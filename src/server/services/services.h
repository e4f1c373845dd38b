#pragma once

#include "server/delivery/subscription.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::server {

class Worker;

// The account whose requests these are, as every other account imports them.
inline constexpr std::string_view kSystemAccount = "$SYS";

// The requests that the server itself answers, as subscriptions of one shard. They live as long as
// this object, which the shard's worker owns.
class Services {
 public:
  // Subscribes, on the worker's shard. Every shard has its own: a request is answered where it was
  // published.
  explicit Services(Worker& worker);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;
  ~Services();

 private:
  void trace() const;

  Worker& worker_;
  std::vector<std::unique_ptr<Subscription>> subs_;
};

// The subject under which the system account answers what `account` asks on `subject`: the
// account's name comes before the last token. Spec: monitoring §20
[[nodiscard]] std::string systemSubject(std::string_view subject, std::string_view account);

// Tells a client who it is. A request without a reply, or from no client, gets no answer.
// Spec: client-protocol §17
void answerUserInfo(Worker& worker, const Message& request);

}  // namespace gannet::server

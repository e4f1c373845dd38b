#pragma once

#include "server/delivery/subscription.h"

#include <memory>
#include <string_view>
#include <vector>

namespace gannet::server {

class Worker;

// Spec: client-protocol §17
inline constexpr std::string_view kUserInfoSubject = "$SYS.REQ.USER.INFO";

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

// Tells a client who it is. A request without a reply, or from no client, gets no answer.
// Spec: client-protocol §17
void answerUserInfo(Worker& worker, const Message& request);

}  // namespace gannet::server

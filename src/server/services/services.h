#pragma once

#include "server/delivery/subscription.h"

#include <memory>
#include <string_view>
#include <vector>

namespace gannet::server {

class Worker;

inline constexpr std::string_view kUserInfoSubject = "$SYS.REQ.USER.INFO";

// The requests that the server itself answers, as subscriptions of one shard. They live as long as
// this object, which the shard's worker owns.
class Services {
 public:
  explicit Services(Worker& worker);
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;
  ~Services();

 private:
  void trace() const;

  Worker& worker_;
  std::vector<std::unique_ptr<Subscription>> subs_;
};

// Tells a client who it is. Spec: client-protocol §17
void answerUserInfo(Worker& worker, const Message& request);

}  // namespace gannet::server

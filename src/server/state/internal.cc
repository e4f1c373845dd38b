#include "server/state/internal.h"

#include "base/assert.h"
#include "server/state/shard.h"
#include "subject/tokens.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace gannet::server {

void Gathered::carry(Link& link, std::string_view queue) {
  auto known = std::find_if(carries.begin(), carries.end(),
                            [&link](const Carry& each) { return each.link == &link; });
  if (known == carries.end()) known = carries.insert(known, {&link, {}});
  if (!queue.empty()) known->queues.push_back(queue);
}

void InternalCalls::call(Shard& shard, std::vector<SubscriptionId> receivers,
                         const Publication& message) {
  if (is_calling_ || !waiting_.empty()) {
    waiting_.push_back({std::move(receivers), OwnedPublication(message)});
    return;
  }
  is_calling_ = true;
  callNow(shard, receivers, message);
  is_calling_ = false;
  drain(shard);
}

void InternalCalls::drain(Shard& shard) {
  GANNET_ASSERT(!is_calling_);
  is_calling_ = true;
  for (std::size_t calls = 0; !waiting_.empty() && calls < kMaxCalls; ++calls) {
    const Waiting next = std::move(waiting_.front());
    waiting_.pop_front();
    callNow(shard, next.receivers, next.message.view());
  }
  is_calling_ = false;
}

// Each is looked up before its call: the one before may have ended it.
void InternalCalls::callNow(Shard& shard, const std::vector<SubscriptionId>& receivers,
                            const Publication& message) {
  for (const SubscriptionId id : receivers) {
    const Subscription* const sub = shard.findSubscription(id);
    if (sub == nullptr) continue;
    GANNET_ASSERT(sub->isInternal());
    const InternalHandler handler = sub->internal;  // the subscription may end inside
    handler.call(handler.context, shard, message);
  }
}

Result<SubscriptionId, subject::PatternError> subscribeInternal(Shard& shard, AccountView& account,
                                                                std::string_view pattern,
                                                                std::string_view queue,
                                                                InternalHandler handler) {
  GANNET_ASSERT(handler.call != nullptr);
  auto sub = std::make_unique<Subscription>();
  sub->internal = handler;
  shard.nameSubscription(*sub);
  const auto inserted = account.account.interest.insert(pattern, queue, *sub);
  if (!inserted) {
    shard.forgetName(*sub);
    return inserted.error();
  }
  account.sync();
  return sub.release()->id;
}

void unsubscribeInternal(Shard& shard, AccountView& account, SubscriptionId id) {
  Subscription* const sub = shard.findSubscription(id);
  if (sub == nullptr) return;
  GANNET_ASSERT(sub->isInternal() && id.shard == shard.loop.id());
  sub->flags |= flags::kClosing;
  account.account.interest.erase(*sub);
  shard.retire(*sub);
}

}  // namespace gannet::server

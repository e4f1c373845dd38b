#include "subject/plan_budget.h"

#include "base/assert.h"

namespace gannet::subject {
namespace {

// Entries that one eviction looks at, so that no single miss pays for all of them.
constexpr int kMaxLooks = 32;

}  // namespace

PlanBudget::~PlanBudget() {
  GANNET_ASSERT(hand_ == nullptr);
  GANNET_ASSERT(entries_ == 0);
  GANNET_ASSERT(entry_bytes_ == 0);
}

void PlanBudget::setLimits(CacheLimits limits) {
  limits_ = limits;
  while (hand_ != nullptr && (entries_ > limits_.entries || entry_bytes_ > limits_.bytes))
    evictOne();
}

std::size_t PlanBudget::shrink(std::size_t bytes) {
  const std::size_t before = this->bytes();
  while (hand_ != nullptr && before - this->bytes() < bytes)
    evictOne();
  return before - this->bytes();
}

void PlanBudget::makeRoom(std::size_t bytes) {
  while (hand_ != nullptr && !hasRoom(bytes))
    evictOne();
}

// Ends, because each entry that is looked at loses its second chance or is counted in `looks`, and
// each cache in the ring has one.
void PlanBudget::evictOne() {
  int looks = kMaxLooks;
  while (!hand_->evictOne(looks))
    hand_ = hand_->next_;
}

void PlanBudget::add(Holder& holder, std::size_t bytes) {
  ++entries_;
  entry_bytes_ += bytes;
  if (++holder.entries_ > 1) return;
  if (hand_ == nullptr) {
    hand_ = holder.next_ = holder.before_ = &holder;
    return;
  }
  // Behind all others, counted from the hand.
  holder.next_ = hand_;
  holder.before_ = hand_->before_;
  holder.before_->next_ = &holder;
  hand_->before_ = &holder;
}

void PlanBudget::remove(Holder& holder, std::size_t bytes) {
  GANNET_ASSERT(holder.entries_ > 0 && entries_ > 0);
  GANNET_ASSERT(entry_bytes_ >= bytes);
  --entries_;
  entry_bytes_ -= bytes;
  if (--holder.entries_ == 0) leaveRing(holder);
}

void PlanBudget::leaveRing(Holder& holder) {
  if (hand_ == &holder) hand_ = holder.next_ == &holder ? nullptr : holder.next_;
  holder.before_->next_ = holder.next_;
  holder.next_->before_ = holder.before_;
  holder.next_ = holder.before_ = nullptr;
}

}  // namespace gannet::subject

// Second chance has no memory of what it never let in: a flood of subjects that occur once would
// push out what is used, entry by entry. So a full budget lets in what is asked a second time. What
// was asked once is remembered by 31 bits of its hash, in as many sets of four as there are
// entries: 16 bytes for each, and so long that a working set as large as the cache is found again
// within its second round. Before the budget is full there is no such memory, and all come in.

#include "subject/plan_budget.h"

#include "base/assert.h"

#include <algorithm>
#include <bit>

namespace gannet::subject {
namespace {

// Entries that one eviction looks at, so that no single miss pays for all of them.
constexpr int kMaxLooks = 32;

constexpr std::size_t kMinSets = 256;  // 4 KiB

}  // namespace

PlanBudget::~PlanBudget() {
  GANNET_ASSERT(hand_ == nullptr);
  GANNET_ASSERT(entries_ == 0);
  GANNET_ASSERT(entry_bytes_ == 0);
  GANNET_ASSERT(scratch_ == nullptr);
}

void PlanBudget::setLimits(CacheLimits limits) {
  limits_ = limits;
  while (hand_ != nullptr && (entries_ > limits_.entries || entry_bytes_ > limits_.bytes))
    evictOne();
}

std::size_t PlanBudget::shrink(std::size_t bytes) {
  const std::size_t before = this->bytes();
  std::vector<Seen>().swap(seen_);
  if (scratch_ != nullptr) scratch_->dropScratch();
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

bool PlanBudget::wasAsked(std::uint64_t key) {
  const std::size_t sets = std::bit_ceil(std::max(kMinSets, entries_));
  // Grown at once, but not cut before it is four times too large: entries come and go.
  if (seen_.size() < sets || seen_.size() > 4 * sets) std::vector<Seen>(sets).swap(seen_);
  Seen& seen = seen_[key & (seen_.size() - 1)];
  const auto tag = static_cast<std::uint32_t>(key >> 32U) | 1U;  // never 0, which is free
  const auto found = std::find(seen.begin(), seen.end(), tag);
  if (found != seen.end()) {
    *found = 0;
    return true;
  }
  std::copy_backward(seen.begin(), seen.end() - 1, seen.end());
  seen.front() = tag;
  return false;
}

void PlanBudget::enterScratch(Holder& holder, std::size_t bytes) {
  if (scratch_ != nullptr) scratch_->dropScratch();
  GANNET_ASSERT(scratch_ == nullptr);
  scratch_ = &holder;
  scratch_bytes_ = bytes;
}

void PlanBudget::leaveScratch() {
  GANNET_ASSERT(scratch_ != nullptr);
  scratch_ = nullptr;
  scratch_bytes_ = 0;
}

}  // namespace gannet::subject

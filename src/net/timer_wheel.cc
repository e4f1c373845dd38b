#include "net/timer_wheel.h"

#include <algorithm>
#include <bit>

namespace gannet::net {

void Timer::cancel() {
  if (wheel_ == nullptr) return;
  *link_ = next_;
  if (next_ != nullptr) next_->link_ = link_;
  --wheel_->size_;
  wheel_ = nullptr;
}

std::uint64_t TimerWheel::tickOf(MonoTime time) const {
  return time <= start_ ? 0 : static_cast<std::uint64_t>((time - start_) / kTick);
}

void TimerWheel::place(Timer& timer) {
  const std::size_t slot = timer.due_tick_ % kSlots;
  timer.next_ = slots_[slot];
  timer.link_ = &slots_[slot];
  if (timer.next_ != nullptr) timer.next_->link_ = &timer.next_;
  slots_[slot] = &timer;
  occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::arm(Timer& timer, MonoTime now, std::chrono::nanoseconds delay,
                     Timer::Callback callback, void* owner) {
  timer.cancel();
  timer.callback_ = callback;
  timer.owner_ = owner;
  constexpr std::chrono::hours kForever{24 * 365 * 100};
  delay = std::min<std::chrono::nanoseconds>(delay, kForever);
  // One tick up: a timer never fires early.
  std::uint64_t due = tickOf(now + delay) + 1;
  if (delay > std::chrono::seconds(1))
    due += kCoarseTicks - 1 - (due + kCoarseTicks - 1) % kCoarseTicks;
  timer.due_tick_ = std::max(due, tick_ + 1);
  timer.wheel_ = this;
  ++size_;
  place(timer);
}

void TimerWheel::takeOver(Timer& timer, MonoTime now) {
  if (!timer.isArmed()) return;
  const MonoTime due = timer.wheel_->start_ + kTick * static_cast<std::int64_t>(timer.due_tick_);
  const auto delay = std::max(due - now, std::chrono::nanoseconds(0));
  arm(timer, now, delay, timer.callback_, timer.owner_);
}

void TimerWheel::fireSlot(std::size_t slot) {
  // The list is taken off first: callbacks may arm into this very slot for a later revolution.
  Timer* list = slots_[slot];
  slots_[slot] = nullptr;
  occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  if (list != nullptr) list->link_ = &list;
  while (list != nullptr) {
    Timer& timer = *list;
    list = timer.next_;
    if (list != nullptr) list->link_ = &list;
    if (timer.due_tick_ > tick_) {
      place(timer);
      continue;
    }
    timer.wheel_ = nullptr;
    --size_;
    timer.callback_(timer.owner_);
  }
}

void TimerWheel::advance(MonoTime now) {
  const std::uint64_t target = tickOf(now);
  if (size_ == 0) {
    tick_ = std::max(tick_, target);
    return;
  }
  // After a long sleep one revolution visits every slot; more would visit them in vain.
  if (target > tick_ + kSlots) tick_ = target - kSlots;
  while (tick_ < target) {
    ++tick_;
    const std::size_t slot = tick_ % kSlots;
    if ((occupied_[slot / 64] >> (slot % 64) & 1U) != 0) fireSlot(slot);
  }
}

std::optional<MonoTime> TimerWheel::nextLook() const {
  if (size_ == 0) return std::nullopt;
  for (std::uint64_t step = 1; step <= kSlots;) {
    const std::size_t slot = (tick_ + step) % kSlots;
    const std::uint64_t word = occupied_[slot / 64] >> (slot % 64);
    if (word != 0) {
      step += static_cast<std::uint64_t>(std::countr_zero(word));
      return start_ + kTick * static_cast<std::int64_t>(tick_ + step);
    }
    step += 64 - slot % 64;
  }
  return start_ + kTick * static_cast<std::int64_t>(tick_ + kSlots);
}

}  // namespace gannet::net

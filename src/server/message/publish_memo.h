#pragma once

#include "auth/permission_set.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gannet::server {

struct Plan;

// What publishing on a subject comes to: whether it is allowed, and who gets it.
struct Verdict {
  const Plan* plan = nullptr;
  auth::Permission permission = auth::Permission::denied;
};

// The verdicts on the subjects that one permission set's sessions published last in one account:
// publishers tend to stay with a few. Longer subjects than it has room for are not remembered.
//
// Threads  One shard.
// Valid    A verdict is found as long as the epoch of the plans is the one it was made in.
class PublishMemo {
 public:
  // `set` outlives it.
  explicit PublishMemo(const auth::PermissionSet& set) : set_(set) {}

  [[nodiscard]] const auth::PermissionSet& set() const { return set_; }

  // What is remembered for `subject`, or null if nothing is, or not in this epoch.
  //
  // The slot of the message before is looked at first: its place does not depend on this message,
  // so the plan is read ahead while the rest of the line is parsed.
  [[nodiscard]] const Verdict* find(std::string_view subject, std::uint64_t epoch) {
    const Slot& latest = slots_[latest_];
    if (latest.epoch == epoch && latest.isFor(subject)) [[likely]]
      return &latest.verdict;
    latest_ = slotOf(subject);
    const Slot& slot = slots_[latest_];
    return slot.epoch == epoch && slot.isFor(subject) ? &slot.verdict : nullptr;
  }

  // Takes the place of what was in the subject's slot. `epoch` is that of the plans behind the find
  // that gave the plan.
  void remember(std::string_view subject, std::uint64_t epoch, const Verdict& verdict) {
    Slot& slot = slots_[slotOf(subject)];
    if (subject.size() > slot.text.size()) return;
    std::memcpy(slot.text.data(), subject.data(), subject.size());
    slot.size = subject.size();
    slot.epoch = epoch;
    slot.verdict = verdict;
  }

  std::size_t users = 0;  // sessions that refer to it

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  struct Slot {
    Verdict verdict;
    std::uint64_t epoch = kNever;
    std::size_t size = 0;
    std::array<char, 64> text{};

    [[nodiscard]] bool isFor(std::string_view subject) const {
      return size == subject.size() && std::memcmp(text.data(), subject.data(), size) == 0;
    }
  };

  static constexpr std::size_t kSlots = 4;

  // Subjects that a program numbers fall into different slots.
  static std::size_t slotOf(std::string_view subject) {
    if (subject.empty()) return 0;
    return (subject.size() + static_cast<unsigned char>(subject.back())) % kSlots;
  }

  const auth::PermissionSet& set_;
  std::array<Slot, kSlots> slots_;
  std::size_t latest_ = 0;  // the slot that was looked at last
};

}  // namespace gannet::server

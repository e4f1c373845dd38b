#pragma once

#include "account/account.h"
#include "server/delivery/plan.h"
#include "subject/match_cache.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gannet::server {

// The plan that was asked for last: publishers tend to stay with a subject. Longer subjects than it
// has room for are not remembered.
//
// Valid  Until the plans change: whoever changes them sets `plan` to null.
class PlanMemo {
 public:
  // What was asked, if `plan` is not null.
  [[nodiscard]] std::string_view subject() const { return {text_.data(), size_}; }

  // `found` stays where it is while it is remembered.
  void remember(std::string_view subject, const Plan& found) {
    plan = subject.size() <= text_.size() ? &found : nullptr;
    if (plan == nullptr) return;
    std::memcpy(text_.data(), subject.data(), subject.size());
    size_ = subject.size();
  }

  const Plan* plan = nullptr;  // null: none

 private:
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

// One account as one shard sees it: the plans that this shard made from the shared interest.
//
// Threads  One shard.
struct AccountView {
  // `of` outlives the view. The limits are those of the plans.
  AccountView(account::Account& of, std::size_t max_entries, std::size_t max_bytes)
      : account(of), plans(of.interest, {max_entries, max_bytes}) {}

  // Applies interest changes of all shards to the plans. Between operations only.
  void sync() {
    if (account.interest.version() == synced) return;
    synced = account.interest.version();
    memo.plan = nullptr;
    plans.sync();
  }

  // Drops all plans. At a turn's end only.
  void forgetPlans() {
    memo.plan = nullptr;
    plans.shrink(plans.bytes());
  }

  account::Account& account;
  subject::MatchCache<Plan> plans;
  PlanMemo memo;
  std::uint64_t synced = 0;
};

}  // namespace gannet::server

#pragma once

#include "account/accounts.h"
#include "server/message/plan.h"
#include "server/message/publish_memo.h"
#include "subject/match_cache.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace gannet::server {

// One account as one shard sees it: the plans that this shard made from the shared interest.
//
// Threads  One shard.
// Valid    What is made from its plans is asked for behind a sync() in the same turn: receivers
//          that have left are freed at a turn's end, and plans that were not synchronised since
//          still name them.
struct AccountView {
  // Both outlive the view.
  AccountView(account::Account& of, subject::PlanBudget& budget)
      : account(of),
        plans(of.interest, budget, subject::Classes::on),
        everyones_memo(auth::everyones()) {}

  // Applies interest changes of all shards to the plans. Between operations only.
  // Cost  One load without news.
  void sync() { plans.sync(); }

  // The memo of the sessions with that set. leave() once for each.
  PublishMemo& enter(const auth::PermissionSet& set);
  void leave(PublishMemo& memo);

  account::Account& account;
  subject::MatchCache<Plan> plans;
  PublishMemo everyones_memo;  // also of what no session publishes
  std::unordered_map<const auth::PermissionSet*, PublishMemo> memos;  // of other sets
};

// The accounts that one shard has had to do with. A view is made when it is first asked for.
//
// Threads  One shard.
// Cost     All plans of all accounts share one bound. Nothing here is done for all accounts in a
//          turn: each is synchronised where it is used.
class AccountViews {
 public:
  // `accounts` outlives the views.
  AccountViews(const account::Accounts& accounts, subject::CacheLimits limits)
      : accounts_(accounts), budget_(limits) {}

  [[nodiscard]] AccountView& at(std::uint32_t account) {
    if (account < views_.size() && views_[account] != nullptr) return *views_[account];
    return make(account);
  }

  // Drops all plans. Between operations only.
  void forgetPlans() { budget_.shrink(budget_.bytes()); }

  // Memory held by the plans.
  [[nodiscard]] std::size_t bytes() const { return budget_.bytes(); }

  // How many have been made.
  [[nodiscard]] std::size_t count() const { return count_; }

  template <class F>
  void forEach(F&& f) const {
    for (const auto& view : views_) {
      if (view != nullptr) f(*view);
    }
  }

 private:
  AccountView& make(std::uint32_t account);

  const account::Accounts& accounts_;
  subject::PlanBudget budget_;
  std::vector<std::unique_ptr<AccountView>> views_;  // by index; null: never asked for
  std::size_t count_ = 0;
};

}  // namespace gannet::server

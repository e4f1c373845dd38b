#include "server/state/account_view.h"

#include "base/assert.h"

namespace gannet::server {

PublishMemo& AccountView::enter(const auth::PermissionSet& set) {
  PublishMemo& memo =
      &set == &auth::everyones() ? everyones_memo : memos.try_emplace(&set, set).first->second;
  ++memo.users;
  return memo;
}

// A later set may have the address of this one: nothing of it may stay behind.
void AccountView::leave(PublishMemo& memo) {
  GANNET_ASSERT(memo.users > 0);
  if (--memo.users == 0 && &memo != &everyones_memo) memos.erase(&memo.set());
}

AccountView& AccountViews::make(std::uint32_t account) {
  account::Account& of = accounts_.at(account);
  if (account >= views_.size()) views_.resize(account + 1);
  GANNET_ASSERT(views_[account] == nullptr);
  views_[account] = std::make_unique<AccountView>(of, budget_);
  ++count_;
  return *views_[account];
}

}  // namespace gannet::server

#include "account/accounts.h"

#include "base/assert.h"

#include <utility>

namespace gannet::account {

Accounts::Accounts() {
  add(std::string(kGlobalAccount));
}

Accounts::~Accounts() {
  for (const auto& block : blocks_)
    delete block.load();
}

Account& Accounts::add(std::string name) {
  const std::uint32_t index = size();
  GANNET_ASSERT(index < kMaxAccounts);
  std::atomic<Block*>& block = blocks_[index / kPerBlock];
  if (block.load() == nullptr) block.store(new Block);
  auto& place = (*block.load())[index % kPerBlock];
  place = std::make_unique<Account>();
  place->name = std::move(name);
  place->index = index;
  size_.store(index + 1, std::memory_order_release);
  return *place;
}

Account& Accounts::at(std::uint32_t index) const {
  GANNET_ASSERT(index < size());
  return *(*blocks_[index / kPerBlock].load(std::memory_order_acquire))[index % kPerBlock];
}

}  // namespace gannet::account

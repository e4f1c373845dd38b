#pragma once

#include "account/account.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace gannet::account {

// The account of those who name no other: it is always there.
inline constexpr std::uint32_t kGlobalIndex = 0;

// All accounts of the server, by dense index, so that shards keep what they know of them in tables.
//
// Threads  add(): one thread at a time. at(): any, for an index that it was told.
// Owns     The accounts, which stay at their addresses until the end.
class Accounts {
 public:
  // With the global account.
  Accounts();
  ~Accounts();
  Accounts(const Accounts&) = delete;
  Accounts& operator=(const Accounts&) = delete;

  static constexpr std::size_t kMaxAccounts = std::size_t{1024} * 1024;

  // At most kMaxAccounts.
  Account& add(std::string name);

  [[nodiscard]] Account& at(std::uint32_t index) const;

  // How many there are; all indices are below.
  [[nodiscard]] std::uint32_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  static constexpr std::size_t kPerBlock = 1024;
  static constexpr std::size_t kMaxBlocks = kMaxAccounts / kPerBlock;

  using Block = std::array<std::unique_ptr<Account>, kPerBlock>;

  // Blocks never move: readers need no lock.
  std::array<std::atomic<Block*>, kMaxBlocks> blocks_{};
  std::atomic<std::uint32_t> size_{0};
};

}  // namespace gannet::account

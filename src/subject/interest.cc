#include "subject/interest.h"

#include <utility>

namespace gannet::subject {

Result<void, PatternError> Interest::insert(std::string_view pattern, std::string_view queue,
                                            Receiver& receiver) {
  std::string text(pattern);
  const std::unique_lock lock(mutex_);
  const auto inserted = trie_.insert(pattern, queue, receiver);
  if (!inserted) return inserted;
  ++inserts_;
  record(std::move(text));
  return {};
}

void Interest::erase(Receiver& receiver) {
  std::string pattern = patternOf(receiver);
  if (pattern.empty()) return;
  const std::unique_lock lock(mutex_);
  trie_.erase(receiver);
  ++removes_;
  record(std::move(pattern));
}

void Interest::reassign(Receiver& receiver, ShardId shard) {
  std::string pattern = patternOf(receiver);
  const std::unique_lock lock(mutex_);
  receiver.shard = shard;
  record(std::move(pattern));
}

void Interest::record(std::string&& pattern) {
  const std::uint64_t before = version_.load(std::memory_order_relaxed);
  const std::size_t at = before % kRingSize;
  if (at == ring_.size()) ring_.emplace_back();
  Change& change = ring_[at];
  change.is_literal = isLiteral(pattern);
  change.pattern = std::move(pattern);
  change.version = before + 1;
  version_.store(before + 1, std::memory_order_release);
}

bool Interest::any(std::string_view subject) const {
  const std::shared_lock lock(mutex_);
  return trie_.any(subject);
}

void Interest::forEach(const std::function<void(const Receiver&)>& f) const {
  const std::shared_lock lock(mutex_);
  trie_.forEach(f);
}

InterestStats Interest::stats() const {
  const std::shared_lock lock(mutex_);
  return {.subscriptions = trie_.size(),
          .inserts = inserts_,
          .removes = removes_,
          .matches = matches_.load(std::memory_order_relaxed)};
}

}  // namespace gannet::subject

// Changes and lookups from arbitrary bytes: the trie, a match cache with classes and one without,
// which share a budget, must agree with the definition of matching, and so must plans that are
// remembered while their epoch stays. One line an operation: `+pattern`, `qpattern` (in a queue
// group), `-` (the oldest leaves), `?subject`, `!` (memory is given back).

#include "base/assert.h"
#include "subject/interest.h"
#include "subject/match_cache.h"
#include "subject/tokens.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {
namespace {

struct Known : Receiver {
  std::string pattern;
};

struct Plan {
  std::size_t receivers = 0;
  std::vector<char> heap = std::vector<char>(64);  // so that AddressSanitizer sees its end

  [[nodiscard]] std::size_t fanOut() const { return receivers; }

  [[nodiscard]] std::size_t bytes() const { return heap.capacity(); }
};

Plan makePlan(const PlanSubject& /*subject*/, const Match& match) {
  Plan plan;
  plan.receivers = match.plain.size();
  for (const QueueMatch& queue : match.queues)
    plan.receivers += queue.members.size();
  return plan;
}

// A cache, with what a caller remembers of it.
struct Shard {
  Shard(const Interest& interest, PlanBudget& budget, Classes classes)
      : cache(interest, budget, classes) {}

  MatchCache<Plan> cache;
  std::string subject;
  const Plan* plan = nullptr;
  std::uint64_t epoch = 0;
};

class Session {
 public:
  void run(std::string_view line) {
    if (line.empty()) return;
    const std::string_view text = line.substr(1);
    if (line[0] == '+') add(text, "");
    if (line[0] == 'q') add(text, "queue");
    if (line[0] == '-') removeOldest();
    if (line[0] == '?') lookUp(text);
    if (line[0] == '!') budget_.shrink(1 + text.size() * 200);
  }

 private:
  void add(std::string_view pattern, std::string_view queue) {
    auto receiver = std::make_unique<Known>();
    receiver->pattern = pattern;
    const bool inserted = interest_.insert(pattern, queue, *receiver).has_value();
    GANNET_ASSERT(inserted == isPattern(pattern));
    if (!inserted) return;
    GANNET_ASSERT(patternOf(*receiver) == pattern);
    all_.push_back(std::move(receiver));
  }

  void removeOldest() {
    if (all_.empty()) return;
    interest_.erase(*all_.front());
    all_.pop_front();
  }

  [[nodiscard]] std::size_t expected(std::string_view subject) const {
    return static_cast<std::size_t>(std::count_if(
        all_.begin(), all_.end(),
        [subject](const auto& receiver) { return matches(receiver->pattern, subject); }));
  }

  void checkRemembered(const Shard& shard) const {
    if (shard.plan == nullptr || shard.epoch != shard.cache.epoch()) return;
    GANNET_ASSERT(shard.plan->receivers == expected(shard.subject));
    GANNET_ASSERT(shard.plan->heap.size() == 64);
  }

  void lookUp(std::string_view subject) {
    for (Shard& shard : shards_) {
      shard.cache.sync();
      checkRemembered(shard);
      const Plan& plan = shard.cache.find(subject, makePlan);
      GANNET_ASSERT(plan.receivers == expected(subject));
      checkRemembered(shard);
      shard.subject = subject;
      shard.plan = &plan;
      shard.epoch = shard.cache.epoch();
    }
    checkRemembered(shards_[0]);  // the other one may have taken its plan
    GANNET_ASSERT(interest_.any(subject) == (expected(subject) > 0));
    GANNET_ASSERT(budget_.entries() <= 8);
  }

  PlanBudget budget_{{.entries = 8, .bytes = 4096}};
  Interest interest_;
  std::array<Shard, 2> shards_{Shard{interest_, budget_, Classes::on},
                               Shard{interest_, budget_, Classes::off}};
  std::deque<std::unique_ptr<Known>> all_;
};

}  // namespace
}  // namespace gannet::subject

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  gannet::subject::Session session;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    session.run(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return 0;
}

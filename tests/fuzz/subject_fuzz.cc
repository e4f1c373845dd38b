// Changes and lookups from arbitrary bytes: the trie and the match cache must agree with the
// definition of matching. One line an operation: `+pattern`, `qpattern` (in a queue group), `-`
// (the oldest leaves), `?subject`.

#include "base/assert.h"
#include "subject/interest.h"
#include "subject/match_cache.h"
#include "subject/tokens.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace gannet::subject {
namespace {

struct Known : Receiver {
  std::string pattern;
};

struct Plan {
  std::size_t receivers = 0;

  [[nodiscard]] std::size_t fanOut() const { return receivers; }

  [[nodiscard]] static std::size_t bytes() { return 0; }
};

Plan makePlan(const PlanSubject& /*subject*/, const Match& match) {
  Plan plan{.receivers = match.plain.size()};
  for (const QueueMatch& queue : match.queues)
    plan.receivers += queue.members.size();
  return plan;
}

class Session {
 public:
  void run(std::string_view line) {
    if (line.empty()) return;
    const std::string_view text = line.substr(1);
    if (line[0] == '+') add(text, "");
    if (line[0] == 'q') add(text, "queue");
    if (line[0] == '-') removeOldest();
    if (line[0] == '?') lookUp(text);
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

  void lookUp(std::string_view subject) {
    std::size_t expected = 0;
    for (const auto& receiver : all_) {
      if (matches(receiver->pattern, subject)) ++expected;
    }
    cache_.sync();
    GANNET_ASSERT(cache_.find(subject, makePlan).receivers == expected);
    GANNET_ASSERT(interest_.any(subject) == (expected > 0));
  }

  Interest interest_;
  MatchCache<Plan> cache_{interest_, {.entries = 8, .bytes = 4096}};
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

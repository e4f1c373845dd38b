// How fast interest is stored, matched and looked up. Prints one line a measurement.
//
// Build with the Release flags; run alone on a quiet machine: the row with churn needs two cores.

#include "base/rng.h"
#include "subject/interest.h"
#include "subject/match_cache.h"
#include "subject/trie.h"

#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

namespace gannet::subject {
namespace {

using SteadyClock = std::chrono::steady_clock;

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(SteadyClock::now() - start_).count();
  }

 private:
  SteadyClock::time_point start_ = SteadyClock::now();
};

void report(std::string_view what, double value, std::string_view unit) {
  fmt::print("{:<48} {:>10.2f} {}\n", what, value, unit);
}

// The heap in use, as the C library counts it, big blocks included.
std::size_t heapBytes() {
  const auto facts = mallinfo2();
  return facts.uordblks + facts.hblkhd;
}

struct Plan {
  std::size_t receivers = 0;

  [[nodiscard]] std::size_t fanOut() const { return receivers; }

  [[nodiscard]] static std::size_t bytes() { return 0; }
};

constexpr auto kCount = [](const PlanSubject&, const Match& match) {
  return Plan{.receivers = match.plain.size()};
};

constexpr std::size_t kDistinct = 1'000'000;

void measureDistinct(std::string_view name, const std::vector<std::string>& subjects) {
  const auto receivers = std::make_unique<Receiver[]>(subjects.size());
  const std::size_t heap_before = heapBytes();
  Trie trie;
  const Stopwatch inserting;
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    static_cast<void>(trie.insert(subjects[i], "", receivers[i]));
  }
  const auto count = static_cast<double>(subjects.size());
  report(fmt::format("{}: inserts", name), count / inserting.seconds() / 1e6, "M/s");
  report(fmt::format("{}: memory", name), static_cast<double>(heapBytes() - heap_before) / count,
         "bytes/subscription");

  Rng rng(1);
  std::vector<std::uint32_t> order(subjects.size());
  for (auto& index : order)
    index = rng.below(static_cast<std::uint32_t>(subjects.size()));
  Match match;
  std::size_t found = 0;
  const Stopwatch in_order;
  for (const auto& subject : subjects) {
    trie.match(subject, match);
    found += match.plain.size();
  }
  report(fmt::format("{}: matches in order", name), count / in_order.seconds() / 1e6, "M/s");
  const Stopwatch at_random;
  for (const std::uint32_t index : order) {
    trie.match(subjects[index], match);
    found += match.plain.size();
  }
  report(fmt::format("{}: matches at random", name), count / at_random.seconds() / 1e6, "M/s");
  if (found != 2 * subjects.size()) fmt::print("wrong: {} found\n", found);

  const Stopwatch erasing;
  for (std::size_t i = 0; i < subjects.size(); ++i)
    trie.erase(receivers[i]);
  report(fmt::format("{}: erases", name), count / erasing.seconds() / 1e6, "M/s");
}

double hitNanoseconds(MatchCache<Plan>& cache) {
  constexpr int kLookups = 50'000'000;
  const std::string subject = "orders.europe.123456";
  std::size_t found = 0;
  const Stopwatch looking;
  for (int i = 0; i < kLookups; ++i) {
    cache.sync();
    found += cache.find(subject, kCount).receivers;
  }
  if (found != kLookups) fmt::print("wrong: {} found\n", found);
  return looking.seconds() * 1e9 / kLookups;
}

// Subscribes and unsubscribes 10,000 times a second, in bursts a millisecond apart.
void churn(Interest& interest, std::string_view prefix, const std::atomic<bool>& stop) {
  auto next = SteadyClock::now();
  std::uint64_t number = 0;
  while (!stop.load(std::memory_order_relaxed)) {
    for (int i = 0; i < 5; ++i) {
      Receiver receiver;
      const std::string pattern = fmt::format("_INBOX.{}{}", number++, prefix);
      static_cast<void>(interest.insert(pattern, "", receiver));
      interest.erase(receiver);
    }
    next += std::chrono::milliseconds(1);
    std::this_thread::sleep_until(next);
  }
}

void measureHits() {
  Interest interest;
  Receiver receiver;
  static_cast<void>(interest.insert("orders.europe.123456", "", receiver));
  MatchCache<Plan> cache(interest, {.entries = 100'000, .bytes = std::size_t{64} << 20U});
  report("hit, 20-byte subject, sync each time", hitNanoseconds(cache), "ns");
  for (const std::string_view suffix : {"", ".*"}) {
    std::atomic<bool> stop{false};
    std::thread other([&interest, &stop, suffix] { churn(interest, suffix, stop); });
    report(fmt::format("hit, 10 K changes/s of _INBOX.<n>{}", suffix), hitNanoseconds(cache), "ns");
    stop.store(true);
    other.join();
  }
  const CacheStats stats = cache.stats();
  report("misses of all that", static_cast<double>(stats.misses), "");
}

// Subjects that never repeat, under one `_INBOX.<nuid>.*`, in a cache that is full of others: of
// one class, or each for itself because a literal stands beside them.
void measureOnce(std::string_view name, bool has_sibling) {
  constexpr int kEntries = 10'000;
  constexpr int kRounds = 500;
  constexpr int kBatch = 4096;
  const std::string inbox = "_INBOX.Cb3tYx7Qm1Zk9Lw2Ra5Nd8.";
  Interest interest;
  Receiver receivers[3];
  static_cast<void>(interest.insert(inbox + "*", "", receivers[0]));
  static_cast<void>(interest.insert("orders.one", "", receivers[1]));
  if (has_sibling) static_cast<void>(interest.insert(inbox + "one", "", receivers[2]));
  MatchCache<Plan> cache(interest, {.entries = kEntries, .bytes = std::size_t{64} << 20U},
                         Classes::on);
  cache.find(inbox + "0", kCount);
  for (int i = 0; cache.stats().entries < kEntries; ++i)
    cache.find(fmt::format("orders.{}", i), kCount);

  std::vector<std::string> subjects(kBatch);
  std::uint64_t number = 100'000;
  std::size_t found = 0;
  double least = 1e9;  // of all rounds: what interrupts a round is not the cache's
  for (int round = 0; round < kRounds; ++round) {
    for (auto& subject : subjects)
      subject = fmt::format("{}{}", inbox, number++);
    const Stopwatch looking;
    for (const auto& subject : subjects) {
      cache.sync();
      found += cache.find(subject, kCount).receivers;
    }
    least = std::min(least, looking.seconds() * 1e9 / kBatch);
  }
  if (found != std::size_t{kRounds} * kBatch) fmt::print("wrong: {} found\n", found);
  report(fmt::format("{}: lookup", name), least, "ns");
  const std::uint64_t hits_before = cache.stats().hits;
  for (int i = 0; i < kEntries - 1; ++i)
    cache.find(fmt::format("orders.{}", i), kCount);
  const auto kept = static_cast<double>(cache.stats().hits - hits_before);
  report(fmt::format("{}: evicted", name), kEntries - 1 - kept, "entries");
}

void measureDepth() {
  constexpr int kLevels = 8;
  Trie trie;
  std::vector<std::string> patterns;
  for (unsigned bits = 0; bits < 1U << kLevels; ++bits) {
    std::string pattern;
    for (unsigned at = 0; at < kLevels; ++at) {
      pattern += fmt::format("{}{}", at == 0 ? "" : ".", (bits >> at & 1U) != 0 ? "a" : "*");
    }
    patterns.push_back(pattern);
  }
  const auto receivers = std::make_unique<Receiver[]>(patterns.size());
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    static_cast<void>(trie.insert(patterns[i], "", receivers[i]));
  }
  constexpr int kMatches = 20'000;
  Match match;
  const Stopwatch matching;
  for (int i = 0; i < kMatches; ++i)
    trie.match("a.a.a.a.a.a.a.a", match);
  report("256 patterns of {a,*} x 8, all match",
         matching.seconds() * 1e9 / kMatches / static_cast<double>(match.plain.size()),
         "ns/receiver");
}

void measureFanOut() {
  constexpr std::size_t kReceivers = 100'000;
  for (const std::string_view queue : {"", "group"}) {
    const auto receivers = std::make_unique<Receiver[]>(kReceivers);
    Trie trie;
    const Stopwatch all;
    for (std::size_t i = 0; i < kReceivers; ++i) {
      static_cast<void>(trie.insert("news", queue, receivers[i]));
    }
    Match match;
    const Stopwatch matching;
    for (int i = 0; i < 100; ++i)
      trie.match("news", match);
    report(fmt::format("100 K on one subject, queue \"{}\": match", queue),
           matching.seconds() * 1e6 / 100, "us");
    for (std::size_t i = 0; i < kReceivers; ++i)
      trie.erase(receivers[i]);
    report("  all in and out again", all.seconds() * 1e3, "ms");
  }
}

void run() {
  std::vector<std::string> subjects(kDistinct);
  for (std::size_t i = 0; i < kDistinct; ++i)
    subjects[i] = fmt::format("a.b.{}", i);
  measureDistinct("1 M of a.b.<n>", subjects);
  for (std::size_t i = 0; i < kDistinct; ++i)
    subjects[i] = fmt::format("{}.x", i);
  measureDistinct("1 M of <n>.x", subjects);
  measureHits();
  measureOnce("subjects that occur once, one class", false);
  measureOnce("subjects that occur once, no class", true);
  measureDepth();
  measureFanOut();
}

}  // namespace
}  // namespace gannet::subject

int main() {
  gannet::subject::run();
}

#pragma once

#include "subject/match_cache.h"
#include "tests/unit/subject/naive_interest.h"

#include <cstddef>
#include <string_view>

namespace gannet::subject {

// A plan that remembers who was found, and counts how often plans are made.
struct TestPlan {
  Described found;
  std::size_t receivers = 0;
  std::size_t heap = 100;
  bool is_class = false;

  [[nodiscard]] std::size_t fanOut() const { return receivers; }

  [[nodiscard]] std::size_t bytes() const { return heap; }
};

inline TestPlan makeTestPlan(const PlanSubject& subject, const Match& match) {
  TestPlan plan;
  plan.found = described(match);
  plan.is_class = subject.is_class;
  for (const auto& [name, ids] : plan.found)
    plan.receivers += ids.size();
  return plan;
}

using Cache = MatchCache<TestPlan>;

// Whether the cache had the plan of `subject`.
inline bool hits(Cache& cache, std::string_view subject) {
  const auto before = cache.stats().hits;
  cache.find(subject, makeTestPlan);
  return cache.stats().hits > before;
}

}  // namespace gannet::subject

// Compiled permissions beside their definition: all rules over a small alphabet, and random ones.

#include "auth/permission_set.h"
#include "subject/tokens.h"
#include "tests/unit/auth/naive_permissions.h"
#include "tests/unit/seeds.h"
#include "tests/unit/subject/every_pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gannet::auth {
namespace {

using Texts = std::vector<std::string>;

// What tells a class of subjects apart: its leading tokens and the number of all.
std::string classOf(std::string_view subject, std::uint32_t decided) {
  std::string name;
  subject::TokenReader tokens(subject);
  std::string_view token;
  int count = 0;
  for (; tokens.next(token); ++count) {
    if (decided == 0) continue;
    name.append(token).append(".");
    --decided;
  }
  return name + std::to_string(count);
}

// Verdicts by class: subjects of one class must not differ.
template <class Verdict>
class Classes {
 public:
  void expectSame(std::string_view subject, std::uint32_t decided, Verdict verdict) {
    const auto [at, is_new] =
        verdicts_.emplace(std::pair(classOf(subject, decided), decided), verdict);
    EXPECT_EQ(at->second, verdict) << subject << " is of class " << at->first.first;
  }

 private:
  std::map<std::pair<std::string, std::uint32_t>, Verdict> verdicts_;
};

void expectSamePublishVerdicts(const PermissionRules& rules, const Texts& subjects) {
  const PermissionSet set = PermissionSet::compile(rules).value();
  const NaivePermissions naive(rules);
  Classes<Permission> classes;
  for (const std::string& subject : subjects) {
    const PublishVerdict verdict = set.publish(subject);
    EXPECT_EQ(verdict.permission, naive.publish(subject)) << subject;
    classes.expectSame(subject, verdict.decided, verdict.permission);
  }
}

// Both sides of a comparison.
struct Twins {
  explicit Twins(const PermissionRules& rules)
      : set(PermissionSet::compile(rules).value()), naive(rules) {}

  PermissionSet set;
  NaivePermissions naive;
};

// Returns the subjects that the filter keeps from receivers in `queue`.
Texts expectSameDeliveries(const Twins& twins, const Texts& subjects, const std::string& queue) {
  Classes<bool> classes;
  Texts kept;
  for (const std::string& subject : subjects) {
    const DeliveryVerdict verdict = twins.set.mayDeliver(subject, queue);
    EXPECT_EQ(verdict.is_allowed, twins.naive.mayDeliver(subject, queue)) << subject << queue;
    classes.expectSame(subject, verdict.decided, verdict.is_allowed);
    if (!verdict.is_allowed) kept.push_back(subject);
  }
  return kept;
}

void expectSameSubscribeVerdicts(const PermissionRules& rules, const Texts& patterns,
                                 const Texts& queues, const Texts& subjects) {
  const Twins twins(rules);
  for (const std::string& queue : queues) {
    const Texts kept = expectSameDeliveries(twins, subjects, queue);
    for (const std::string& pattern : patterns) {
      const bool is_filtered = std::any_of(
          kept.begin(), kept.end(),
          [&pattern](const std::string& subject) { return subject::matches(pattern, subject); });
      const SubscribeVerdict admitted =
          is_filtered ? SubscribeVerdict::filtered : SubscribeVerdict::allowed;
      const bool is_admitted = twins.naive.admits(pattern, queue);
      EXPECT_EQ(twins.set.maySubscribe(pattern, queue),
                is_admitted ? admitted : SubscribeVerdict::denied)
          << pattern << " " << queue;
    }
  }
}

std::string shown(const SubjectRules& rules) {
  return (rules.allow ? testing::PrintToString(*rules.allow) : "all") + " but " +
         testing::PrintToString(rules.deny);
}

void expectSamePublishVerdicts(const SubjectRules& publish, const Texts& subjects) {
  SCOPED_TRACE(shown(publish));
  expectSamePublishVerdicts({.publish = publish, .subscribe = {}, .responses = {}}, subjects);
}

TEST(PermissionTwins, AgreeOnEveryPairOfPublishEntries) {
  const Texts patterns = subject::everyPattern(3);
  Texts subjects = subject::everySubject(4);
  for (const char* const odd : {"", ".", "a.", ".a", "a..b", "a.*", "a.>", "*", ">.b", "$NRG.a"})
    subjects.emplace_back(odd);
  for (const std::string& one : patterns) {
    for (const std::string& other : patterns) {
      expectSamePublishVerdicts({.allow = Texts{one}, .deny = {other}}, subjects);
      if (one < other) {
        expectSamePublishVerdicts({.allow = Texts{one, other}, .deny = {}}, subjects);
      }
      if (HasFailure()) return;
    }
  }
}

TEST(PermissionTwins, AgreeOnEveryPairOfSubscribeEntries) {
  const Texts entries = subject::everyPattern(2);
  const Texts patterns = subject::everyPattern(3);
  const Texts subjects = subject::everySubject(4);
  const Texts queues{"", "q"};
  for (const std::string& one : entries) {
    for (const std::string& other : entries) {
      for (const SubjectRules& subscribe :
           {SubjectRules{.allow = Texts{one}, .deny = {other}},
            SubjectRules{.allow = Texts{one, other + " q"}, .deny = {}},
            SubjectRules{.allow = std::nullopt, .deny = {one, other + " q"}}}) {
        SCOPED_TRACE(shown(subscribe));
        expectSameSubscribeVerdicts({.publish = {}, .subscribe = subscribe, .responses = {}},
                                    patterns, queues, subjects);
        if (HasFailure()) return;
      }
    }
  }
}

// What is given to a receiver lies within what is allowed to it: the rule that is Gannet's own.
TEST(PermissionTwins, GiveNothingThatNoEntryAllows) {
  const Texts patterns = subject::everyPattern(4);
  const Texts subjects = subject::everySubject(5);
  for (const std::string& allowed : patterns) {
    PermissionRules rules;
    rules.subscribe.allow = Texts{allowed};
    const PermissionSet set = PermissionSet::compile(rules).value();
    const NaivePermissions naive(rules);
    for (const std::string& pattern : patterns) {
      const bool is_contained =
          std::all_of(subjects.begin(), subjects.end(), [&](const std::string& subject) {
            return !subject::matches(pattern, subject) || subject::matches(allowed, subject);
          });
      EXPECT_EQ(set.maySubscribe(pattern, "") == SubscribeVerdict::allowed, is_contained)
          << allowed << " for " << pattern;
      if (is_contained) {
        EXPECT_TRUE(naive.referenceAdmits(pattern, "")) << allowed << " for " << pattern;
      }
    }
  }
}

class RandomRules {
 public:
  explicit RandomRules(Rng& rng) : rng_(rng) {}

  PermissionRules make() {
    PermissionRules rules{.publish = one(no_queues_), .subscribe = one(queues_), .responses = {}};
    if (rng_.below(3) == 0) rules.responses.emplace();
    return rules;
  }

 private:
  const std::string& any(const Texts& texts) {
    return texts[rng_.below(static_cast<std::uint32_t>(texts.size()))];
  }

  Texts list(const Texts& queues) {
    Texts entries(rng_.below(12));
    for (std::string& entry : entries) {
      entry = any(patterns_);
      const std::string& queue = any(queues);
      if (!queue.empty()) entry += " " + queue;
    }
    return entries;
  }

  SubjectRules one(const Texts& queues) {
    SubjectRules rules;
    if (rng_.below(4) != 0) rules.allow = list(queues);
    if (rng_.below(4) != 0) rules.deny = list(queues);
    return rules;
  }

  Rng& rng_;
  const Texts patterns_ = subject::everyPattern(4);
  const Texts no_queues_{""};
  const Texts queues_{"", "", "q", "r", "*", "q.*", ">"};
};

TEST(PermissionTwins, AgreeOnRandomRules) {
  const Texts patterns = subject::everyPattern(4);
  const Texts subjects = subject::everySubject(5);
  const Texts queues{"", "q", "r", "q.a", "*", "q.*", "q.>", "_sys_"};
  forEachSeed(60, [&](Rng& rng) {
    const PermissionRules rules = RandomRules(rng).make();
    SCOPED_TRACE("publish " + shown(rules.publish) + ", subscribe " + shown(rules.subscribe));
    expectSamePublishVerdicts(rules, subjects);
    expectSameSubscribeVerdicts(rules, patterns, queues, subjects);
  });
}

}  // namespace
}  // namespace gannet::auth

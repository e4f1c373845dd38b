#include "auth/permission_set.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::auth {
namespace {

using Entries = std::vector<std::string>;

PermissionSet compiled(const PermissionRules& rules) {
  return PermissionSet::compile(rules).value();
}

PermissionSet publisher(std::optional<Entries> allow, Entries deny,
                        std::optional<ResponseRule> responses = std::nullopt) {
  return compiled({.publish = {.allow = std::move(allow), .deny = std::move(deny)},
                   .subscribe = {},
                   .responses = responses});
}

PermissionSet subscriber(std::optional<Entries> allow, Entries deny) {
  return compiled({.publish = {},
                   .subscribe = {.allow = std::move(allow), .deny = std::move(deny)},
                   .responses = {}});
}

TEST(Everyone, MayNotPublishWhereServersTalk) {  // client-protocol §5.4
  for (const std::string_view subject : {"$NRG.x", "$NRG.", "$NRG..", "_GR_.x", "$GR.x", "$GR.."}) {
    EXPECT_FALSE(everyones().mayPublish(subject)) << subject;
  }
  for (const std::string_view subject :
       {"_GR_.", "$GR.", "$NRG", "$NRGs.x", "a", "$JS.ACK.x", "_R_.x", "", "a..b", "a.>"}) {
    EXPECT_TRUE(everyones().mayPublish(subject)) << subject;
  }
}

TEST(Everyone, MayNotAskForAnswersThere) {  // client-protocol §5.4
  for (const std::string_view reply : {"_R_.", "_R_.x", "_GR_.x", "$GR.x", "$JS.ACK.x"}) {
    EXPECT_FALSE(everyones().mayReplyTo(reply)) << reply;
  }
  for (const std::string_view reply :
       {"", "_", "_R", "_INBOX.x", "_R_", "$JS.ACK.", "$JS.API.x", "_GR_.", "$NRG.x"}) {
    EXPECT_TRUE(everyones().mayReplyTo(reply)) << reply;
  }
}

TEST(Everyone, MayJoinAllGroupsButTheServers) {  // client-protocol §5.4
  EXPECT_FALSE(everyones().mayJoin("_sys_"));
  EXPECT_EQ(everyones().maySubscribe("a", "_sys_"), SubscribeVerdict::denied);
  for (const std::string_view queue : {"", "workers", "_sys", "_sys_1", "_SYS_"}) {
    EXPECT_TRUE(everyones().mayJoin(queue)) << queue;
    EXPECT_EQ(everyones().maySubscribe(">", queue), SubscribeVerdict::allowed) << queue;
  }
}

TEST(PermissionSet, KeepsTheServersNamesFromEveryUser) {
  const PermissionSet set = publisher(Entries{">"}, {}, ResponseRule{});
  EXPECT_EQ(set.publish("$NRG.x").permission, Permission::denied);
  EXPECT_EQ(set.publish("_GR_.x").permission, Permission::denied);
  EXPECT_FALSE(set.mayReplyTo("_R_.x"));
  const PermissionSet members = subscriber(Entries{"foo >"}, {});
  EXPECT_EQ(members.maySubscribe("foo", "_sys_"), SubscribeVerdict::denied);
  EXPECT_EQ(members.maySubscribe("foo", "_sys"), SubscribeVerdict::allowed);
}

struct PublishRow {
  std::optional<Entries> allow;
  Entries deny;
  std::string_view subject;
  bool is_allowed;
  std::uint32_t decided;
};

TEST(PermissionSet, JudgesPublishersAsTheSpecSays) {  // accounts-and-auth §12.1
  const PublishRow rows[] = {
      // subject, allowed, the leading tokens that tell
      {std::nullopt, {}, "foo.bar.baz", true, 1},
      {Entries{}, {}, "foo.bar.baz", false, 1},
      {Entries{"foo.*"}, {}, "foo.bar", true, 1},
      {Entries{"foo.*"}, {}, "bar.foo", false, 1},
      {Entries{"foo.*"}, {}, "foo", false, 1},
      {Entries{"foo.*"}, {}, "foo.a.b", false, 1},
      {Entries{"foo.*"}, {}, "foo.*", true, 1},
      {Entries{"foo.*"}, {}, "foo.>", true, 1},
      {Entries{"foo.*"}, {}, "foo.", false, 2},
      {Entries{"foo.>"}, {}, "foo..a", false, 3},
      {Entries{">"}, {}, "foo..a", false, 3},
      {Entries{"foo.bar", "foo.*.baz"}, {}, "foo.a.baz", true, 3},
      {Entries{"foo.bar", "foo.*.baz"}, {}, "foo.bar.x", false, 3},
      {Entries{"foo.bar", "foo.*"}, {}, "foo.bar", true, 2},
      {Entries{"foo.bar"}, {}, "Foo.bar", false, 1},
      {Entries{">"}, {"foo.bar"}, "foo.bar", false, 2},
      {Entries{">"}, {"foo.bar"}, "foo.bar.baz", true, 2},
      {Entries{">"}, {"foo.bar"}, "bar.foo", true, 1},
      {std::nullopt, {"foo.*"}, "foo.a", false, 1},
      {std::nullopt, {"foo.*"}, "foo..", true, 3},
      {std::nullopt, {"foo.*", "*.bar"}, "a.bar", false, 2},
      {std::nullopt, {"foo.*.x", "*.bar"}, "foo.bar", false, 2},
      {std::nullopt, {"*.*.x.y", "a.>"}, "b.bar.x.y", false, 4},
      {std::nullopt, {"foo*"}, "foob", true, 1},
      {std::nullopt, {"foo*"}, "foo*", false, 1},
      {Entries{"_INBOX.>"}, {}, "_INBOX.a.b.1", true, 1},
      {std::nullopt, {}, "", true, 1},
      {Entries{">"}, {}, "", false, 1},
  };
  for (const PublishRow& row : rows) {
    const PermissionSet set = publisher(row.allow, row.deny);
    const PublishVerdict verdict = set.publish(row.subject);
    SCOPED_TRACE(testing::Message()
                 << (row.allow ? testing::PrintToString(*row.allow) : "all") << " but "
                 << testing::PrintToString(row.deny) << ": " << row.subject);
    EXPECT_EQ(verdict.permission, row.is_allowed ? Permission::allowed : Permission::denied);
    EXPECT_EQ(verdict.decided, row.decided);
    EXPECT_EQ(set.mayPublish(row.subject), row.is_allowed);
  }
}

TEST(PermissionSet, LeavesToTheRequestsWhatResponsesMayGrant) {  // accounts-and-auth §12.3
  const PermissionSet only = publisher(std::nullopt, {}, ResponseRule{});
  EXPECT_EQ(only.publish("a").permission, Permission::as_response);
  EXPECT_FALSE(only.mayPublish("a"));

  const PermissionSet but_one = publisher(std::nullopt, {"x"}, ResponseRule{});
  EXPECT_EQ(but_one.publish("a").permission, Permission::as_response);
  EXPECT_EQ(but_one.publish("x").permission, Permission::as_response);

  const PermissionSet more = publisher(Entries{"a", "b"}, {"b"}, ResponseRule{});
  EXPECT_EQ(more.publish("a").permission, Permission::allowed);
  EXPECT_EQ(more.publish("b").permission, Permission::as_response);
  EXPECT_EQ(more.publish("c").permission, Permission::as_response);
}

TEST(PermissionSet, PutsTheDefaultsInThePlaceOfZeros) {  // accounts-and-auth §12.3
  using std::chrono::nanoseconds;
  EXPECT_EQ(everyones().responses(), std::nullopt);
  const auto of = [](ResponseRule rule) { return *publisher({}, {}, rule).responses(); };
  EXPECT_EQ(of({}), (ResponseRule{.max = 1, .expires = std::chrono::minutes(2)}));
  EXPECT_EQ(of({.max = 0, .expires = nanoseconds(0)}), ResponseRule{});
  EXPECT_EQ(of({.max = -1, .expires = nanoseconds(-1)}).max, -1);
  EXPECT_EQ(of({.max = -1, .expires = nanoseconds(-1)}).expires, nanoseconds(-1));
  EXPECT_EQ(of({.max = 7, .expires = nanoseconds(9)}).max, 7);
}

struct SubscribeRow {
  std::optional<Entries> allow;
  Entries deny;
  std::string pattern;
  std::string queue;
  SubscribeVerdict verdict;
};

constexpr auto kNo = SubscribeVerdict::denied;
constexpr auto kYes = SubscribeVerdict::allowed;
constexpr auto kFiltered = SubscribeVerdict::filtered;

void expectVerdicts(const std::vector<SubscribeRow>& rows) {
  for (const SubscribeRow& row : rows) {
    EXPECT_EQ(subscriber(row.allow, row.deny).maySubscribe(row.pattern, row.queue), row.verdict)
        << (row.allow ? testing::PrintToString(*row.allow) : "all") << " but "
        << testing::PrintToString(row.deny) << ": " << row.pattern << " " << row.queue;
  }
}

TEST(PermissionSet, AdmitsWhatIsContainedInOneAllowedEntry) {  // accounts-and-auth §12.1
  std::vector<SubscribeRow> rows;
  const auto add = [&rows](std::string_view entry, const Entries& admitted,
                           const Entries& refused) {
    for (const auto* const patterns : {&admitted, &refused}) {
      for (const std::string& pattern : *patterns) {
        rows.push_back(
            {Entries{std::string(entry)}, {}, pattern, {}, patterns == &admitted ? kYes : kNo});
      }
    }
  };
  const Entries foo_all{"foo.*", "foo.>", "foo.*.>", "foo.a"};
  add("foo.>", foo_all, {"foo", "*", "*.*", "*.>", ">", "foo..a", "foo."});
  add("foo.*", {"foo.*", "foo.a"}, {"foo.>", "foo.*.>", "*.*", ">", "foo"});
  add("foo.*.*", {"foo.*.*", "foo.a.b"}, {"foo.*.>", "foo.>", "foo.*"});
  add("*", {"*", "foo"}, {">", "foo.*", "*.>"});
  add("*.*", {"*.*", "foo.*", "*.a"}, {"foo.>", "*.>", ">", "*"});
  add(">", {">", "*", "foo", "*.>", "foo.>"}, {"foo..a"});
  expectVerdicts(rows);
  // What the grammar refuses afterwards.
  EXPECT_EQ(subscriber(Entries{"foo.*.bar"}, {}).maySubscribe("foo.>.bar", ""), kYes);
  EXPECT_EQ(subscriber({}, {"foo.*"}).maySubscribe("foo..", ""), kYes);
}

TEST(PermissionSet, AllowsEverythingToSubscribersWithoutEntries) {  // accounts-and-auth §12.1
  expectVerdicts({{std::nullopt, {}, ">", "", kYes},
                  {Entries{}, {}, ">", "", kYes},
                  {Entries{}, {}, "a", "q", kYes},
                  {Entries{}, {}, "a..b", "", kYes}});
}

TEST(PermissionSet, FiltersWildcardsThatADenyOverlaps) {  // accounts-and-auth §12.1
  expectVerdicts({
      {std::nullopt, {"foo.bar"}, "foo.*", "", kFiltered},
      {std::nullopt, {"foo.bar"}, "foo.>", "q", kFiltered},
      {std::nullopt, {"foo.bar"}, ">", "", kFiltered},
      {std::nullopt, {"foo.bar"}, "*.bar", "", kFiltered},
      {std::nullopt, {"foo.bar"}, "foo.bar", "", kNo},
      {std::nullopt, {"foo.bar"}, "foo.baz", "", kYes},
      {std::nullopt, {"foo.bar"}, "*", "", kYes},
      {std::nullopt, {"foo.bar"}, "foo.*.>", "", kYes},
      {std::nullopt, {"foo.*"}, "foo.*", "", kNo},
      {std::nullopt, {"foo.*"}, "foo.>", "", kNo},
      {std::nullopt, {"foo.*"}, ">", "", kFiltered},
      {std::nullopt, {"foo.*"}, "*.>", "", kFiltered},
      {std::nullopt, {"foo.*"}, "foo.*.>", "", kYes},
      {std::nullopt, {"*"}, ">", "", kNo},
      {std::nullopt, {">"}, "foo", "", kNo},
      {Entries{"foo.*"}, {"foo.bar"}, "foo.*", "", kFiltered},
      {Entries{"foo.*"}, {"foo.bar"}, "foo.bar", "", kNo},
  });
}

TEST(PermissionSet, JudgesQueuesAsTheSpecSays) {  // accounts-and-auth §12.2
  expectVerdicts({
      {Entries{"foo"}, {}, "foo", "", kYes},
      {Entries{"foo"}, {}, "foo", "v1", kYes},
      {Entries{"foo v1"}, {}, "foo", "", kNo},
      {Entries{"foo v1"}, {}, "foo", "v1", kYes},
      {Entries{"foo v1"}, {}, "foo", "x", kNo},
      {Entries{"foo", "foo v1"}, {}, "foo", "", kYes},
      {Entries{"foo", "foo v1"}, {}, "foo", "v1", kYes},
      {Entries{"foo", "foo v1"}, {}, "foo", "x", kNo},
      {Entries{"foo", "foo v1", "foo v2"}, {}, "foo", "v2", kYes},
      {Entries{"foo v1.*"}, {}, "foo", "v1.a", kYes},
      {Entries{"foo v1.*"}, {}, "foo", "v1.*", kYes},
      {Entries{"foo v1.*"}, {}, "foo", "v1.>", kNo},
      {Entries{"foo v1.*"}, {}, "foo", "v1", kNo},
      {Entries{"foo v1.>"}, {}, "foo", "v1..", kYes},
      {Entries{"foo", "foo *"}, {}, "foo", "any", kYes},
      {Entries{"foo", "foo *"}, {}, "foo", "a.b", kNo},
      {Entries{"foo q*"}, {}, "foo", "qa", kNo},
      {Entries{"foo q*"}, {}, "foo", "q*", kYes},
      // An entry with a queue keeps what a plain one would give, for wider patterns too.
      {Entries{"foo.>", "foo.* v1"}, {}, "foo.a", "x", kNo},
      {Entries{"foo.>", "foo.* v1"}, {}, "foo.>", "x", kNo},
      {Entries{"foo.>", "foo.* v1"}, {}, "foo.*.>", "x", kYes},
      {Entries{"foo.>", "foo.* v1"}, {}, "foo.>", "", kYes},
      {Entries{"foo.>", "foo.* v1"}, {}, "foo.>", "v1", kNo},  // the reference admits it
      {std::nullopt, {"foo", "foo q1"}, "foo", "x", kNo},
      {std::nullopt, {"foo q1"}, "foo", "", kYes},
      {std::nullopt, {"foo q1"}, "foo", "q1", kNo},
      {std::nullopt, {"foo q1"}, "foo", "x", kYes},
      {std::nullopt, {"foo.* q1", "*.bar q2"}, "foo.bar", "q1", kNo},
      {std::nullopt, {"foo.* q1", "*.bar q2"}, "foo.bar", "q2", kNo},
      {std::nullopt, {"foo.* q1", "*.bar q2"}, "foo.>", "q1", kNo},
      {std::nullopt, {"foo.* q1", "*.bar q2"}, "foo.x", "q2", kYes},
      {std::nullopt, {"foo.bar q1"}, "foo.*", "q1", kFiltered},
      {std::nullopt, {"foo.bar q1"}, "foo.*", "q2", kYes},
      {std::nullopt, {"foo.bar q1"}, "foo.*", "", kYes},
      {std::nullopt, {"foo.bar *"}, "foo.*", "q1", kFiltered},
  });
}

TEST(PermissionSet, FiltersDeliveriesByTheGroupToo) {  // accounts-and-auth §12.1, §12.2
  const PermissionSet set = subscriber({}, {"foo.bar", "foo.baz q1"});
  EXPECT_FALSE(set.mayDeliver("foo.bar", "").is_allowed);
  EXPECT_FALSE(set.mayDeliver("foo.bar", "q2").is_allowed);
  EXPECT_FALSE(set.mayDeliver("foo.baz", "q1").is_allowed);
  EXPECT_TRUE(set.mayDeliver("foo.baz", "q2").is_allowed);
  EXPECT_TRUE(set.mayDeliver("foo.baz", "").is_allowed);
  EXPECT_EQ(set.mayDeliver("foo.x", "").decided, 2U);
  EXPECT_EQ(set.mayDeliver("bar.x", "").decided, 1U);
  EXPECT_TRUE(everyones().mayDeliver("foo.bar", "q").is_allowed);
  EXPECT_EQ(everyones().mayDeliver("foo.bar", "q").decided, 0U);
}

struct EntryRow {
  std::string_view entry;
  std::string_view of_publishers;  // the error; empty: none
  std::string_view of_subscribers;
};

constexpr EntryRow kEntries[] = {
    {"foo*", "", ""},
    {"foo q", R"(subject "foo q" is not a valid subject)", ""},
    {"foo\t q", R"(subject "foo\t q" is not a valid subject)", ""},
    {"foo q r", R"(subject "foo q r" is not a valid subject)",
     R"(subject "foo q r" is not a valid subject)"},
    {"foo..bar", R"(subject "foo..bar" is not a valid subject)",
     R"(subject "foo..bar" is not a valid subject)"},
    {"foo.>.b", R"(subject "foo.>.b" is not a valid subject)",
     R"(subject "foo.>.b" is not a valid subject)"},
    {"", R"(subject "" is not a valid subject)", R"(subject "" is not a valid subject)"},
    {" foo", R"(subject " foo" is not a valid subject)",
     R"(subject " foo" is not a valid subject)"},
    {"foo ", R"(subject "foo " is not a valid subject)",
     R"(subject "foo " is not a valid subject)"},
    {"foo q..r", R"(subject "foo q..r" is not a valid subject)",
     R"(queue "q..r" is not a valid queue)"},
    {"foo >.q", R"(subject "foo >.q" is not a valid subject)",
     R"(queue ">.q" is not a valid queue)"},
};

std::string errorOf(const PermissionRules& rules) {
  const auto set = PermissionSet::compile(rules);
  return set ? std::string() : set.error().text;
}

TEST(PermissionSet, NamesTheFirstEntryThatIsNone) {  // accounts-and-auth §12.1
  for (const EntryRow& row : kEntries) {
    SCOPED_TRACE(row.entry);
    const Entries list{"ok", std::string(row.entry)};
    const SubjectRules allowed{.allow = list, .deny = {}};
    const SubjectRules denied{.allow = std::nullopt, .deny = list};
    EXPECT_EQ(errorOf({.publish = allowed, .subscribe = {}, .responses = {}}), row.of_publishers);
    EXPECT_EQ(errorOf({.publish = denied, .subscribe = {}, .responses = {}}), row.of_publishers);
    EXPECT_EQ(errorOf({.publish = {}, .subscribe = allowed, .responses = {}}), row.of_subscribers);
    EXPECT_EQ(errorOf({.publish = {}, .subscribe = denied, .responses = {}}), row.of_subscribers);
  }
}

TEST(PermissionSet, TakesSubjectsOfThousandsOfTokens) {
  std::string deep = "a";
  for (int i = 1; i < 20000; ++i)
    deep += ".a";
  const PermissionSet set = publisher(Entries{deep, "*." + deep}, {"*.>"});
  EXPECT_FALSE(set.mayPublish(deep));
  EXPECT_EQ(publisher(Entries{deep}, {}).publish(deep).decided, 20000U);
  EXPECT_FALSE(publisher(Entries{deep}, {}).mayPublish(deep + ".a"));
}

}  // namespace
}  // namespace gannet::auth

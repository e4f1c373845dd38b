#pragma once

#include "base/clock.h"
#include "base/json_shape.h"
#include "base/result.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace gannet::monitor {

class Query;

inline constexpr std::int64_t kDefaultLimit = 1024;  // entries of a page

// One subscription. Spec: monitoring §7.2
struct SubDetail {
  json::Omit<std::string> account;  // these two only where the reply spans accounts
  json::Omit<std::string> account_tag;
  std::string subject;
  json::Omit<std::string> qgroup;  // empty: a plain one
  std::string sid;                 // as the client chose it
  std::int64_t msgs = 0;           // delivered so far
  json::Omit<std::int64_t> max;    // of auto-unsubscribe
  std::uint64_t cid = 0;           // of its connection
};
BOOST_DESCRIBE_STRUCT(SubDetail, (), (account, account_tag, subject, qgroup, sid, msgs, max, cid))

// The parameters of /subsz.
struct SubszQuery {
  bool with_subs = false;              // lists them
  std::int64_t offset = 0;             // of the page's first entry
  std::int64_t limit = kDefaultLimit;  // entries of a page
  std::string test;                    // only subscriptions that match this subject; empty: all
  std::string account;                 // empty: all
};

// Errors  The body of a 400. Spec: monitoring §1.3, §7.1
[[nodiscard]] Result<SubszQuery, Error> parseSubszQuery(const Query& query);

// The endpoint's own check of a query that could be read. Spec: monitoring §7.1
[[nodiscard]] Result<void, Error> validate(const SubszQuery& query);

// The interest of some accounts, and how it is looked up.
struct SublistStats {
  std::uint32_t num_subscriptions = 0;
  std::uint32_t num_cache = 0;  // subjects whose receivers are remembered
  std::uint64_t num_inserts = 0;
  std::uint64_t num_removes = 0;
  std::uint64_t num_matches = 0;  // subjects looked up
  double cache_hit_rate = 0;      // share of them that was remembered
  std::uint32_t max_fanout = 0;   // receivers of one remembered subject
  double avg_fanout = 0;
};
BOOST_DESCRIBE_STRUCT(SublistStats, (),
                      (num_subscriptions, num_cache, num_inserts, num_removes, num_matches,
                       cache_hit_rate, max_fanout, avg_fanout))

// What /subsz begins with.
struct SubszHead {
  std::string server_id;
  WallTime now;
};
BOOST_DESCRIBE_STRUCT(SubszHead, (), (server_id, now))

// The whole of /subsz, with the statistics of the accounts asked for. A Source fills everything but
// total, offset and limit, and in subscriptions_list every subscription that the query asks for, in
// any order. Spec: monitoring §7.1
struct Subsz : SubszHead, SublistStats {
  std::int64_t total = 0;   // before paging; 0 without with_subs
  std::int64_t offset = 0;  // in effect
  std::int64_t limit = 0;   // in effect
  json::Omit<std::vector<SubDetail>> subscriptions_list;
};
BOOST_DESCRIBE_STRUCT(Subsz, (SubszHead, SublistStats), (total, offset, limit, subscriptions_list))

// Cuts what a Source gave down to the page that was asked for.
void page(Subsz& subsz, const SubszQuery& query);

// The half-open range of a page of `size` entries; beyond the end it is empty. Never overflows.
struct PageRange {
  std::size_t first = 0;
  std::size_t last = 0;
};

// `offset` and `limit` as parsePage() gives them.
[[nodiscard]] PageRange pageRange(std::size_t size, std::int64_t offset, std::int64_t limit);

// A page's offset and limit as the reply shows them: none below 0, the default for 0 and below.
[[nodiscard]] Result<void, Error> parsePage(const Query& query, std::int64_t& offset,
                                            std::int64_t& limit);

}  // namespace gannet::monitor

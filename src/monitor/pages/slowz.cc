#include "monitor/pages/slowz.h"

#include "monitor/http/query.h"

#include <algorithm>
#include <tuple>

namespace gannet::monitor {
namespace {

constexpr std::int64_t kDefaultOffenders = 20;  // more than anyone reads at once

auto severity(const SlowReceiver& receiver) {
  const auto limit = static_cast<double>(std::max<std::int64_t>(receiver.max_pending, 1));
  return std::tuple(receiver.cuts, static_cast<double>(receiver.pending_bytes_high) / limit,
                    receiver.stalls);
}

}  // namespace

Result<SlowzQuery, Error> parseSlowzQuery(const Query& query) {
  const auto limit = query.integer("limit");
  if (!limit) return limit.error();
  return SlowzQuery{*limit > 0 ? *limit : kDefaultOffenders};
}

void rank(Slowz& slowz, const SlowzQuery& query) {
  std::vector<SlowReceiver>& all = slowz.receivers;
  slowz.total = static_cast<std::int64_t>(all.size());
  slowz.limit = query.limit;
  const auto shown = std::min(slowz.total, query.limit);
  std::partial_sort(all.begin(), all.begin() + shown, all.end(),
                    [](const SlowReceiver& a, const SlowReceiver& b) {
                      if (severity(a) != severity(b)) return severity(a) > severity(b);
                      return a.cid < b.cid;
                    });
  all.erase(all.begin() + shown, all.end());
}

}  // namespace gannet::monitor

#include "monitor/pages/subsz.h"

#include "monitor/http/query.h"
#include "subject/tokens.h"

#include <algorithm>
#include <iterator>

namespace gannet::monitor {

Result<void, Error> parsePage(const Query& query, std::int64_t& offset, std::int64_t& limit) {
  const auto wanted_offset = query.integer("offset");
  if (!wanted_offset) return wanted_offset.error();
  const auto wanted_limit = query.integer("limit");
  if (!wanted_limit) return wanted_limit.error();
  offset = std::max<std::int64_t>(*wanted_offset, 0);
  limit = *wanted_limit > 0 ? *wanted_limit : kDefaultLimit;
  return {};
}

PageRange pageRange(std::size_t size, std::int64_t offset, std::int64_t limit) {
  const std::size_t first = std::min(size, static_cast<std::size_t>(offset));
  return {first, first + std::min(size - first, static_cast<std::size_t>(limit))};
}

Result<SubszQuery, Error> parseSubszQuery(const Query& query) {
  SubszQuery parsed;
  const auto with_subs = query.boolean("subs");
  if (!with_subs) return with_subs.error();
  parsed.with_subs = *with_subs;
  const auto paged = parsePage(query, parsed.offset, parsed.limit);
  if (!paged) return paged.error();
  parsed.test = query.text("test");
  parsed.account = query.text("acc");
  return parsed;
}

Result<void, Error> validate(const SubszQuery& query) {
  if (query.test.empty() || subject::isLiteral(query.test)) return {};
  return Error{"invalid test subject, must be valid publish subject: " + query.test};
}

void page(Subsz& subsz, const SubszQuery& query) {
  std::vector<SubDetail>& list = *subsz.subscriptions_list;
  if (!query.with_subs) list.clear();
  subsz.total = static_cast<std::int64_t>(list.size());
  subsz.offset = query.offset;
  subsz.limit = query.limit;
  const PageRange range = pageRange(list.size(), query.offset, query.limit);
  list.erase(list.begin() + static_cast<std::ptrdiff_t>(range.last), list.end());
  list.erase(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(range.first));
}

}  // namespace gannet::monitor

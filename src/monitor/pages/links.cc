#include "monitor/pages/links.h"

#include "monitor/http/query.h"
#include "monitor/pages/connz.h"

namespace gannet::monitor {

Result<void, Error> checkRoutezQuery(const Query& query) {
  const auto subs = parseSubs(query);
  if (!subs) return subs.error();
  return {};
}

Result<void, Error> checkLeafzQuery(const Query& query) {
  const auto subs = query.boolean("subs");
  if (!subs) return subs.error();
  return {};
}

Result<void, Error> checkGatewayzQuery(const Query& query) {
  const auto subs = parseSubs(query);
  if (!subs) return subs.error();
  const auto accounts = query.boolean("accs");
  if (!accounts) return accounts.error();
  return {};
}

}  // namespace gannet::monitor

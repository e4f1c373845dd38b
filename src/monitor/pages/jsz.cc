#include "monitor/pages/jsz.h"

#include "monitor/http/query.h"

#include <utility>

namespace gannet::monitor {
namespace {

Result<void, Error> checkBooleans(const Query& query,
                                  std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    const auto value = query.boolean(name);
    if (!value) return value.error();
  }
  return {};
}

}  // namespace

// In the reference's order: the first error is the one that is told.
Result<JszQuery, Error> parseJszQuery(const Query& query) {
  const auto selection =
      checkBooleans(query, {"accounts", "streams", "consumers", "direct-consumers", "config"});
  if (!selection) return selection.error();
  for (const std::string_view name : {"offset", "limit"}) {
    const auto value = query.integer(name);
    if (!value) return value.error();
  }
  const auto is_for_leader = query.boolean("leader-only");
  if (!is_for_leader) return is_for_leader.error();
  const auto rest = checkBooleans(query, {"raft", "stream-leader-only"});
  if (!rest) return rest.error();
  return JszQuery{*is_for_leader};
}

Result<void, Error> validate(const JszQuery& query) {
  if (query.is_for_leader) return Error{"filtered response: not leader"};
  return {};
}

}  // namespace gannet::monitor

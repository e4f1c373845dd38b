#include "monitor/pages/ipqueuesz.h"

#include "monitor/http/query.h"

namespace gannet::monitor {

Result<IpqueueszQuery, Error> parseIpqueueszQuery(const Query& query) {
  const auto with_idle = query.boolean("all");
  if (!with_idle) return with_idle.error();
  return IpqueueszQuery{*with_idle, std::string(query.text("queues"))};
}

void select(Ipqueuesz& queues, const IpqueueszQuery& query) {
  std::erase_if(queues, [&](const auto& queue) {
    const auto& [name, status] = queue;
    if (status.pending == 0 && !query.with_idle) return true;
    return name.find(query.part) == std::string::npos;
  });
}

}  // namespace gannet::monitor

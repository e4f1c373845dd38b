#include "server/state/server_facts.h"

#include "server/state/server_info.h"
#include "server/state/settings.h"
#include "server/state/shard.h"
#include "server/state/shared.h"

#include <fmt/format.h>

namespace gannet::server {

ServerFacts nextServerFacts(Shard& shard) {
  const auto& options = shard.settings->options;
  ServerFacts facts;
  facts.name = shard.shared.identity.name;
  facts.host = options.host;
  facts.id = shard.shared.identity.id;
  facts.cluster = options.cluster_name;
  facts.ver = kReferenceVersion;
  facts.tags = options.server_tags;
  facts.metadata = options.server_metadata;
  facts.feature_flags = featureFlags(options);
  facts.seq = shard.shared.next_sequence.fetch_add(1, std::memory_order_relaxed);
  facts.time = wallNow();
  return facts;
}

std::string systemSubject(std::string_view subject, std::string_view account) {
  const std::size_t last = subject.rfind('.');
  return fmt::format("{}.{}{}", subject.substr(0, last), account, subject.substr(last));
}

}  // namespace gannet::server

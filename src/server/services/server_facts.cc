#include "server/services/server_facts.h"

#include "server/session/server_info.h"
#include "server/shards/settings.h"
#include "server/shards/shard.h"
#include "server/shards/shared.h"

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

}  // namespace gannet::server

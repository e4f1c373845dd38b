#include "server/services/server_facts.h"

#include "server/session/server_info.h"
#include "server/shards/settings.h"
#include "server/shards/shared.h"
#include "server/shards/worker.h"

namespace gannet::server {

ServerFacts nextServerFacts(Worker& worker) {
  const auto& options = worker.settings->options;
  ServerFacts facts;
  facts.name = worker.shared.identity.name;
  facts.host = options.host;
  facts.id = worker.shared.identity.id;
  facts.cluster = options.cluster_name;
  facts.ver = kReferenceVersion;
  facts.tags = options.server_tags;
  facts.metadata = options.server_metadata;
  facts.feature_flags = featureFlags(options);
  facts.seq = worker.shared.next_sequence.fetch_add(1, std::memory_order_relaxed);
  facts.time = wallNow();
  return facts;
}

}  // namespace gannet::server

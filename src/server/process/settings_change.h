#pragma once

#include "base/log.h"
#include "base/result.h"
#include "config/options.h"
#include "server/process/ports_file.h"
#include "server/state/settings.h"

#include <memory>

namespace gannet::server {

struct ServerIdentity;
class ShardSet;
class Shard;

// A payload this large is more than the reference recommends, which it says at start.
inline constexpr std::int64_t kLargePayload = std::int64_t{8} << 20U;

// The TLS context that `tls` asks for; null if it asks for none.
// Errors  What no handshake could use, so that the check, the start and a reload refuse the same.
Result<net::TlsContextPtr, Error> makeTlsContext(const config::TlsOptions& tls);

// Logs which cipher suites and curves of `tls` OpenSSL does not have.
void warnOfMissingTlsChoices(const config::TlsOptions& tls);

// `options` with what follows from them: `tls`, made from them, and the address to announce.
// `identity` has the port the server is bound to, or 0 before it is.
// Errors  The wrong client_advertise, as a noun phrase.
Result<SettingsPtr, Error> completeSettings(const config::Options& options, net::TlsContextPtr tls,
                                            const ServerIdentity& identity);

// Makes `settings` the shard's own and brings its sessions in line with them: limits, tracing, who
// may stay. on this shard, or before that runs.
// Spec: config-and-cli §8.4, §8.5
void applySettings(Shard& shard, SettingsPtr settings);

// Closes as many connections, picked at random, as there are more than `settings` allow.
void enforceMaxConnections(ShardSet& shards, const Settings& settings);

// Closes connections whose certificate is not among the pinned ones, and returns how many.
std::size_t enforcePinnedCerts(ShardSet& shards);

// True if a password stands in the configuration as it is, not as a hash.
[[nodiscard]] bool hasPlainPassword(const config::Options& options);

// Where and what to log, as the options say. `program` is the name in syslog.
[[nodiscard]] log::Settings logSettings(const config::Options& options, const std::string& program);

}  // namespace gannet::server

#include "monitor/server_source.h"

#include "base/log.h"
#include "base/version.h"
#include "monitor/gather.h"
#include "monitor/go_time.h"
#include "net/tls_context.h"
#include "protocol/close_reason.h"
#include "server/delivery/closed_connection.h"
#include "server/session/keepalive.h"
#include "server/state/server_info.h"
#include "server/state/settings.h"
#include "subject/tokens.h"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace gannet::monitor {
namespace {

using server::ConnectionFacts;
using server::Server;
using server::Shard;

// Counts of one shard at one moment.
struct ShardCounts {
  server::Counters counters;
  subject::CacheStats cache;
};

std::int64_t residentBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t size = 0;
  std::int64_t resident = 0;
  file >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

std::chrono::nanoseconds processCpu() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return of(usage.ru_utime) + of(usage.ru_stime);
}

WallTime toWallTime(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return {};
  return WallTime(std::chrono::seconds(::timegm(&fields)));
}

// The name of the account of the server's own subjects; empty: there is none.
std::string_view systemAccountName(const config::Options& options) {
  if (options.no_system_account) return {};
  return options.system_account.empty() ? account::kSystemAccount : options.system_account;
}

void fillIdentity(Varz& out, Server& server) {
  const auto& settings = *server.settings();
  const auto& options = settings.options;
  const auto& identity = server.shared().identity;
  out.server_id = identity.id;
  out.server_name = identity.name;
  out.version = server::kReferenceVersion;
  out.go = server::kRuntime;
  out.host = settings.advertised_host;
  out.port = settings.advertised_port;
  out.auth_required = settings.auth_required;
  out.tls_required = settings.tls != nullptr && !options.allow_non_tls;
  out.tls_verify = settings.tls != nullptr && options.tls.verify;
  out.max_connections = static_cast<int>(options.max_connections);
  out.max_subscriptions = static_cast<int>(options.max_subscriptions);
  out.ping_interval = options.ping_interval;
  out.ping_max = static_cast<int>(options.ping_max);
  out.http_host = options.http_host;
  out.http_port = static_cast<int>(options.http_port);
  out.http_base_path = options.http_base_path;
  out.https_port = static_cast<int>(options.https_port);
  out.auth_timeout = std::chrono::duration<double>(settings.authTimeout()).count();
  out.max_control_line = static_cast<std::int32_t>(options.max_control_line);
  out.max_payload = static_cast<int>(options.max_payload);
  out.max_pending = options.max_pending;
  out.tls_timeout = options.tls.timeout;
  out.write_deadline = options.write_deadline;
  if (options.write_timeout != config::WriteTimeout::default_) {
    out.write_timeout = options.write_timeout == config::WriteTimeout::retry ? "retry" : "close";
  }
  out.config_load_time = server.configLoaded();
  out.config_digest = options.config_digest;
  out.feature_flags = server::featureFlags(options);
  out.system_account = systemAccountName(options);
  out.tags = options.server_tags;
  out.metadata = options.server_metadata;
  if (settings.tls != nullptr) {
    const X509* certificate = SSL_CTX_get0_certificate(settings.tls->native());
    if (certificate != nullptr) {
      out.tls_cert_not_after = toWallTime(X509_get0_notAfter(certificate));
    }
  }
}

void fillRuntime(Varz& out, Server& server, const std::vector<ShardCounts>& shards) {
  const auto& shared = server.shared();
  out.start = shared.started;
  out.now = wallNow();
  out.uptime = formatUptime(out.now - out.start);
  out.mem = residentBytes();
  out.cores = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  out.gomaxprocs = static_cast<int>(shards.size());
  out.connections = static_cast<int>(shared.connections.load(std::memory_order_relaxed));
  out.total_connections = shared.total_connections.load(std::memory_order_relaxed);
  server::Counters sum;
  for (const ShardCounts& shard : shards) {
    sum.in_msgs += shard.counters.in_msgs;
    sum.in_bytes += shard.counters.in_bytes;
    sum.out_msgs += shard.counters.out_msgs;
    sum.out_bytes += shard.counters.out_bytes;
    sum.slow_consumers += shard.counters.slow_consumers;
    sum.stale_connections += shard.counters.stale_connections;
    sum.stalls += shard.counters.stalls;
  }
  out.in_msgs = out.in_client_msgs = static_cast<std::int64_t>(sum.in_msgs);
  out.in_bytes = out.in_client_bytes = static_cast<std::int64_t>(sum.in_bytes);
  out.out_msgs = out.out_client_msgs = static_cast<std::int64_t>(sum.out_msgs);
  out.out_bytes = out.out_client_bytes = static_cast<std::int64_t>(sum.out_bytes);
  out.slow_consumers = static_cast<std::int64_t>(sum.slow_consumers);
  out.slow_consumer_stats.clients = sum.slow_consumers;
  out.stale_connections = static_cast<std::int64_t>(sum.stale_connections);
  out.stale_connection_stats.clients = sum.stale_connections;
  out.stalled_clients = static_cast<std::int64_t>(sum.stalls);
  const account::Accounts& accounts = server.shared().accounts;
  for (std::uint32_t index = 0; index < accounts.size(); ++index)
    out.subscriptions +=
        static_cast<std::uint32_t>(accounts.at(index).interest.stats().subscriptions);
}

void fillOwn(Varz& out, Server& server) {
  out.gannet_version = version();
  out.gannet_git_commit = gitRevision();
  const server::MemoryBudget& memory = server.shared().memory;
  out.gannet_max_memory_bytes = memory.limit();
  out.gannet_memory_used_bytes = memory.held();
  out.gannet_memory_cuts_total = memory.cuts();
  for (const std::uint32_t thousandths : server.shards().loads())
    out.gannet_shard_load.push_back(thousandths / 1000.0);
  out.gannet_log_lines_dropped_total = log::dropped();
}

SubDetail toDetail(const server::SubscriptionFacts& facts) {
  SubDetail out;
  out.account = out.account_tag = std::string(account::kGlobalAccount);
  out.subject = facts.subject;
  out.qgroup = facts.queue;
  out.sid = facts.sid;
  out.msgs = static_cast<std::int64_t>(facts.delivered);
  out.max = static_cast<std::int64_t>(facts.max);
  out.cid = facts.cid;
  return out;
}

Connection toConnection(const ConnectionFacts& facts) {
  Connection out;
  out.cid = facts.cid;
  out.ip = facts.ip;
  out.port = facts.port;
  out.start = facts.start;
  out.last_activity = facts.last_activity;
  if (facts.is_closed) {
    out.stop = facts.stop;
    out.reason = protocol::textOf(facts.reason);
  }
  out.rtt = facts.rtt;
  out.pending_bytes = static_cast<std::int64_t>(facts.pending_bytes);
  out.in_msgs = static_cast<std::int64_t>(facts.in_msgs);
  out.out_msgs = static_cast<std::int64_t>(facts.out_msgs);
  out.in_bytes = static_cast<std::int64_t>(facts.in_bytes);
  out.out_bytes = static_cast<std::int64_t>(facts.out_bytes);
  out.stalls = static_cast<std::int64_t>(facts.stalls);
  out.subscriptions = static_cast<std::uint32_t>(facts.subscriptions);
  out.name = facts.name;
  out.lang = facts.lang;
  out.version = facts.version;
  out.tls_version = facts.tls_version;
  out.tls_cipher_suite = facts.tls_cipher_suite;
  out.tls_first = facts.tls_first;
  out.authorized_user = facts.user;
  out.account = out.name_tag = std::string(account::kGlobalAccount);
  for (const auto& sub : facts.subs)
    out.subs.push_back(toDetail(sub));
  return out;
}

SlowReceiver toSlowReceiver(const ConnectionFacts& facts, std::int64_t max_pending) {
  SlowReceiver out;
  out.cid = facts.cid;
  out.name = facts.name;
  out.ip = facts.ip;
  out.port = facts.port;
  out.account = std::string(account::kGlobalAccount);
  out.pending_bytes = facts.is_closed ? 0 : static_cast<std::int64_t>(facts.pending_bytes);
  out.pending_bytes_high = static_cast<std::int64_t>(facts.pending_high);
  out.max_pending = max_pending;
  const bool was_cut = facts.reason == protocol::CloseReason::slow_consumer_pending_bytes ||
                       facts.reason == protocol::CloseReason::slow_consumer_write_deadline;
  out.cuts = facts.is_closed && was_cut ? 1 : 0;
  out.stalls = static_cast<std::int64_t>(facts.stalls);
  out.subject = facts.worst_subject;
  return out;
}

template <class T>
void append(std::vector<T>& all, std::vector<T>&& part) {
  all.insert(all.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
}

// What one shard knows about connections.
struct ConnectionsPart {
  std::vector<Connection> connections;
  std::int64_t left_out = 0;
};

std::vector<TlsPeerCert> peerCertificates(const server::Session& session) {
  std::vector<TlsPeerCert> out;
  for (auto& each : session.transport->peerCertificates()) {
    TlsPeerCert& shown = out.emplace_back();
    shown.subject = std::move(each.subject);
    shown.spki_sha256 = std::move(each.spki_sha256);
    shown.cert_sha256 = std::move(each.cert_sha256);
  }
  return out;
}

// One that closes is among the closed ones already.
bool isListed(const server::Session& session) {
  return session.counted &&
         (session.phase == server::Phase::open || session.phase == server::Phase::greeting);
}

void collectConnections(Shard& shard, const ConnzQuery& query, ConnectionsPart& out) {
  const auto is_other = [&](std::uint64_t cid) { return query.cid != 0 && query.cid != cid; };
  if (query.state != ConnState::closed) {
    shard.forEachSession([&](server::Session& session) {
      if (!isListed(session)) return;
      if (is_other(session.cid)) {
        ++out.left_out;
        return;
      }
      server::pingForRtt(shard, session);
      ConnectionFacts facts = server::describe(session);
      if (query.subs != SubsShown::none) facts.subs = server::describeSubscriptions(session);
      Connection& shown = out.connections.emplace_back(toConnection(facts));
      if (query.with_auth) shown.tls_peer_certs = peerCertificates(session);
    });
  }
  if (query.state == ConnState::open) return;
  for (const ConnectionFacts& facts : server::latestClosed(shard)) {
    if (!is_other(facts.cid)) {
      out.connections.push_back(toConnection(facts));
    } else if (query.account.empty()) {  // closed ones are found in no account
      ++out.left_out;
    }
  }
}

// The subscriptions of one shard that match `test`, or all: those of clients and the server's own.
std::vector<SubDetail> collectSubscriptions(Shard& shard, const std::string& test) {
  std::vector<SubDetail> out;
  const auto add = [&](const server::SubscriptionFacts& facts) {
    if (test.empty() || subject::matches(facts.subject, test)) out.push_back(toDetail(facts));
  };
  shard.forEachSession([&](const server::Session& session) {
    for (const auto& facts : server::describeSubscriptions(session))
      add(facts);
  });
  for (const auto& facts : server::describeServices(shard))
    add(facts);
  return out;
}

// What one shard knows about subscriptions.
struct SubszPart {
  subject::CacheStats cache;
  std::vector<SubDetail> subs;
};

void fillInterest(SublistStats& out, Server& server) {
  const auto interest = server.shared().accounts.at(account::kGlobalIndex).interest.stats();
  out.num_subscriptions = static_cast<std::uint32_t>(interest.subscriptions);
  out.num_inserts = interest.inserts;
  out.num_removes = interest.removes;
}

template <class Part>
void fillCache(SublistStats& out, const std::vector<Part>& parts) {
  subject::CacheStats sum;
  for (const Part& part : parts) {
    sum.hits += part.cache.hits;
    sum.misses += part.cache.misses;
    sum.entries += part.cache.entries;
    sum.max_fan_out = std::max(sum.max_fan_out, part.cache.max_fan_out);
    sum.total_fan_out += part.cache.total_fan_out;
  }
  out.num_matches = sum.hits + sum.misses;
  out.num_cache = static_cast<std::uint32_t>(sum.entries);
  if (out.num_matches > 0) {
    out.cache_hit_rate = static_cast<double>(sum.hits) / static_cast<double>(out.num_matches);
  }
  out.max_fanout = static_cast<std::uint32_t>(sum.max_fan_out);
  out.avg_fanout = sum.avgFanOut();
}

// True if the account that a query names, if any, is the one of all connections and subscriptions.
bool isOfClients(std::string_view account) {
  return account.empty() || account == account::kGlobalAccount;
}

AccountFacts globalAccount(Server& server, const std::vector<ShardCounts>& shards) {
  AccountFacts out;
  out.name = account::kGlobalAccount;
  out.updated = server.configLoaded();
  out.clients = server.shared().connections.load(std::memory_order_relaxed);
  for (const ShardCounts& shard : shards) {
    out.sent.msgs += shard.counters.out_msgs;
    out.sent.bytes += shard.counters.out_bytes;
    out.received.msgs += shard.counters.in_msgs;
    out.received.bytes += shard.counters.in_bytes;
    out.slow_consumers += shard.counters.slow_consumers;
  }
  fillInterest(out.sublist, server);
  fillCache(out.sublist, shards);
  return out;
}

// No client can enter it, and the services of its subjects stand in the account that they are
// asked from: it is empty.
AccountFacts systemAccount(Server& server) {
  AccountFacts out;
  out.name = systemAccountName(server.settings()->options);
  out.is_system = true;
  out.updated = server.configLoaded();
  return out;
}

}  // namespace

double ServerSource::cpuPercent() {
  const MonoTime now = monoNow();
  const auto used = processCpu();
  const auto elapsed = now - sampled_;
  if (elapsed < std::chrono::milliseconds(100)) return cpu_percent_;
  if (sampled_ != MonoTime{}) {
    cpu_percent_ = 100.0 * static_cast<double>((used - cpu_used_).count()) /
                   static_cast<double>(std::chrono::nanoseconds(elapsed).count());
  }
  cpu_percent_ = std::round(cpu_percent_ * 10) / 10;  // as ps shows it
  sampled_ = now;
  cpu_used_ = used;
  return cpu_percent_;
}

void ServerSource::varz(Reply<Varz> reply) {
  gather<ShardCounts>(
      server_, [](Shard& shard, ShardCounts& counts) { counts.counters = shard.counters; },
      [this, reply = std::move(reply)](std::vector<ShardCounts>&& shards) {
        Varz out;
        fillIdentity(out, server_);
        fillRuntime(out, server_, shards);
        fillOwn(out, server_);
        out.cpu = cpuPercent();
        reply(std::move(out));
      });
}

void ServerSource::connz(const ConnzQuery& query, Reply<ConnectionList> reply) {
  ConnectionList list;
  list.server_id = server_.shared().identity.id;
  list.now = wallNow();
  if (!isOfClients(query.account)) {
    list.is_account_known = query.account == systemAccountName(server_.settings()->options);
    return reply(std::move(list));
  }
  gather<ConnectionsPart>(
      server_,
      [query](Shard& shard, ConnectionsPart& out) { collectConnections(shard, query, out); },
      [list = std::move(list),
       reply = std::move(reply)](std::vector<ConnectionsPart>&& parts) mutable {
        list.now = wallNow();
        for (ConnectionsPart& part : parts) {
          list.left_out += part.left_out;
          append(list.connections, std::move(part.connections));
        }
        reply(std::move(list));
      });
}

void ServerSource::subsz(const SubszQuery& query, Reply<Subsz> reply) {
  if (!isOfClients(query.account)) {
    Subsz nothing;
    nothing.server_id = server_.shared().identity.id;
    nothing.now = wallNow();
    return reply(std::move(nothing));
  }
  gather<SubszPart>(
      server_,
      [with_subs = query.with_subs, test = query.test](Shard& shard, SubszPart& part) {
        part.cache = shard.accounts.at(account::kGlobalIndex).plans.stats();
        if (with_subs) part.subs = collectSubscriptions(shard, test);
      },
      [this, reply = std::move(reply)](std::vector<SubszPart>&& parts) {
        Subsz out;
        out.server_id = server_.shared().identity.id;
        out.now = wallNow();
        fillInterest(out, server_);
        for (SubszPart& part : parts)
          append(*out.subscriptions_list, std::move(part.subs));
        fillCache(out, parts);
        reply(std::move(out));
      });
}

void ServerSource::healthz(const HealthzQuery& /*query*/, Reply<HealthCheck> reply) {
  HealthCheck check;
  if (server_.shared().is_lame_duck.load(std::memory_order_relaxed)) {
    check.code = 500;
    HealthError& error = check.errors.emplace_back();
    error.type = "CONNECTION";
    error.error = "failed to be ready for connections after 1ms: server";
  }
  reply(std::move(check));
}

std::vector<std::string> ServerSource::arguments() const {
  return server_.shared().identity.arguments;
}

void ServerSource::slowz(Reply<Slowz> reply) {
  const std::int64_t max_pending = server_.settings()->options.max_pending;
  gather<std::vector<SlowReceiver>>(
      server_,
      [max_pending](Shard& shard, std::vector<SlowReceiver>& out) {
        shard.forEachSession([&](const server::Session& session) {
          const ConnectionFacts facts = server::describe(session);
          if (facts.pending_high > 0) out.push_back(toSlowReceiver(facts, max_pending));
        });
        for (const ConnectionFacts& facts : server::latestClosed(shard)) {
          if (facts.pending_high > 0) out.push_back(toSlowReceiver(facts, max_pending));
        }
      },
      [this, reply = std::move(reply)](std::vector<std::vector<SlowReceiver>>&& parts) {
        Slowz out;
        out.server_id = server_.shared().identity.id;
        out.now = wallNow();
        for (auto& part : parts)
          append(out.receivers, std::move(part));
        out.total = static_cast<std::int64_t>(out.receivers.size());
        reply(std::move(out));
      });
}

void ServerSource::accounts(Reply<AccountList> reply) {
  gather<ShardCounts>(
      server_,
      [](Shard& shard, ShardCounts& counts) {
        counts.counters = shard.counters;
        counts.cache = shard.accounts.at(account::kGlobalIndex).plans.stats();
      },
      [this, reply = std::move(reply)](std::vector<ShardCounts>&& shards) {
        AccountList list;
        list.server_id = server_.shared().identity.id;
        list.now = wallNow();
        list.system_account = systemAccountName(server_.settings()->options);
        if (!list.system_account.empty()) list.accounts.push_back(systemAccount(server_));
        list.accounts.push_back(globalAccount(server_, shards));
        reply(std::move(list));
      });
}

void ServerSource::ipqueuesz(Reply<Ipqueuesz> reply) {
  gather<std::uint64_t>(
      server_,
      [](const Shard& shard, std::uint64_t& waiting) { waiting = shard.loop.postedCount(); },
      [reply = std::move(reply)](const std::vector<std::uint64_t>& shards) {
        Ipqueuesz queues;
        for (std::size_t shard = 0; shard < shards.size(); ++shard)
          queues[fmt::format("shard-{} recvQ", shard)].pending = shards[shard];
        reply(std::move(queues));
      });
}

Stamp ServerSource::stamp() const {
  const auto& identity = server_.shared().identity;
  return {identity.id, identity.name, wallNow()};
}

}  // namespace gannet::monitor

#include "monitor/scrape.h"

#include "monitor/metrics.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace gannet::monitor {
namespace {

// What the exporter shows of /connz.
struct ConnzTotals {
  std::int64_t num_connections = 0;
  std::int64_t total = 0;
  std::int64_t offset = 0;
  std::int64_t limit = kDefaultLimit;
  std::int64_t pending_bytes = 0;
  std::int64_t subscriptions = 0;
  std::int64_t in_bytes = 0;
  std::int64_t out_bytes = 0;
  std::int64_t in_msgs = 0;
  std::int64_t out_msgs = 0;
};
BOOST_DESCRIBE_STRUCT(ConnzTotals, (),
                      (num_connections, total, offset, limit, pending_bytes, subscriptions,
                       in_bytes, out_bytes, in_msgs, out_msgs))

ConnzTotals sum(const ConnectionList& list) {
  ConnzTotals totals;
  totals.total = totals.num_connections = static_cast<std::int64_t>(list.connections.size());
  for (const Connection& connection : list.connections) {
    totals.pending_bytes += connection.pending_bytes;
    totals.subscriptions += connection.subscriptions;
    totals.in_bytes += connection.in_bytes;
    totals.out_bytes += connection.out_bytes;
    totals.in_msgs += connection.in_msgs;
    totals.out_msgs += connection.out_msgs;
  }
  return totals;
}

void writeHealth(Metrics& metrics, const HealthCheck& check) {
  const std::string status = toHealthz(check, {}).status;
  metrics.gauge("gnatsd_healthz_status", check.errors.empty() ? 0 : 1);
  metrics.gauge("gnatsd_healthz_status_value", 1, Metrics::label("value", status));
}

void writeSlow(Metrics& metrics, Slowz slowz) {
  rank(slowz, {20});
  metrics.gauge("gannet_slow_receivers", static_cast<double>(slowz.total));

  struct Row {
    std::string_view name;
    std::int64_t SlowReceiver::*member;
    void (Metrics::*add)(std::string_view name, double value, std::string_view labels);
  };

  constexpr Row kRows[] = {
      {"gannet_slow_receiver_pending_bytes", &SlowReceiver::pending_bytes, &Metrics::gauge},
      {"gannet_slow_receiver_pending_bytes_high", &SlowReceiver::pending_bytes_high,
       &Metrics::gauge},
      {"gannet_slow_receiver_max_pending", &SlowReceiver::max_pending, &Metrics::gauge},
      {"gannet_slow_receiver_cuts", &SlowReceiver::cuts, &Metrics::counter},
      {"gannet_slow_receiver_stalls", &SlowReceiver::stalls, &Metrics::counter},
  };
  for (const auto& [name, member, add] : kRows) {
    for (const SlowReceiver& receiver : slowz.receivers) {
      const std::string labels = fmt::format(
          "{},{},{}", Metrics::label("cid", std::to_string(receiver.cid)),
          Metrics::label("name", *receiver.name), Metrics::label("account", receiver.account));
      (metrics.*add)(name, static_cast<double>(receiver.*member), labels);
    }
  }
}

// What a walk over /varz does not find: texts, and a list.
void writeOwn(Metrics& metrics, const Varz& varz) {
  metrics.gauge("gannet_build_info", 1,
                fmt::format("{},{},{}", Metrics::label("version", varz.gannet_version),
                            Metrics::label("revision", *varz.gannet_git_commit),
                            Metrics::label("nats_server_version", varz.version)));
  for (std::size_t shard = 0; shard < varz.gannet_shard_load.size(); ++shard) {
    metrics.gauge("gannet_shard_load", varz.gannet_shard_load[shard],
                  Metrics::label("shard", std::to_string(shard)));
  }
}

// One scrape: what it has collected so far, and who wants it.
struct Scrape {
  Source& source;
  std::function<void(std::string)> done;
  Metrics metrics{""};
};

// A scrape belongs to the question that is open: each step's callback holds it, asks the next
// question and hands it on, so it goes when the Source drops a callback. Callbacks can be copied,
// hence not a unique_ptr.
using Held = std::shared_ptr<Scrape>;

void askSlowz(const Held& scrape) {
  scrape->source.slowz([scrape](Slowz slowz) {
    writeSlow(scrape->metrics, std::move(slowz));
    scrape->done(scrape->metrics.take());
  });
}

void askHealthz(const Held& scrape) {
  scrape->source.healthz({}, [scrape](const HealthCheck& check) {
    writeHealth(scrape->metrics, check);
    askSlowz(scrape);
  });
}

void askSubsz(const Held& scrape) {
  scrape->source.subsz({}, [scrape](Subsz subsz) {
    page(subsz, {});
    scrape->metrics.snapshot("gnatsd_subsz", subsz);
    askHealthz(scrape);
  });
}

void askConnz(const Held& scrape) {
  scrape->source.connz({}, [scrape](const ConnectionList& list) {
    scrape->metrics.snapshot("gnatsd_connz", sum(list));
    askSubsz(scrape);
  });
}

}  // namespace

void scrape(Source& source, const std::map<std::string, std::uint64_t>& requests,
            std::function<void(std::string)> done) {
  const auto scrape = std::make_shared<Scrape>(Scrape{source, std::move(done)});
  source.varz([scrape, requests](Varz varz) {
    varz.http_req_stats = requests;
    scrape->metrics = Metrics(varz.server_name);
    scrape->metrics.snapshot("gnatsd_varz", varz);
    writeOwn(scrape->metrics, varz);
    askConnz(scrape);
  });
}

}  // namespace gannet::monitor

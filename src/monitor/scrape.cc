#include "monitor/scrape.h"

#include "monitor/metrics.h"

#include <fmt/format.h>

#include <limits>
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
  const std::pair<std::string_view, std::int64_t SlowReceiver::*> kGauges[] = {
      {"gannet_slow_receiver_pending_bytes", &SlowReceiver::pending_bytes},
      {"gannet_slow_receiver_pending_bytes_high", &SlowReceiver::pending_bytes_high},
      {"gannet_slow_receiver_max_pending", &SlowReceiver::max_pending},
      {"gannet_slow_receiver_cuts", &SlowReceiver::cuts},
      {"gannet_slow_receiver_stalls", &SlowReceiver::stalls},
  };
  for (const auto& [name, member] : kGauges) {
    for (const SlowReceiver& receiver : slowz.receivers) {
      const std::string labels = fmt::format(
          "{},{},{}", Metrics::label("cid", std::to_string(receiver.cid)),
          Metrics::label("name", *receiver.name), Metrics::label("account", receiver.account));
      metrics.gauge(name, static_cast<double>(receiver.*member), labels);
    }
  }
}

// The answers of one scrape as they come in. Each step holds it until the next one is asked for.
class Scrape : public std::enable_shared_from_this<Scrape> {
 public:
  Scrape(Source& source, std::function<void(std::string)> done)
      : source_(source), done_(std::move(done)) {}

  void start(std::map<std::string, std::uint64_t> requests) {
    source_.varz([self = shared_from_this(), requests = std::move(requests)](Varz varz) {
      varz.http_req_stats = requests;
      self->metrics_ = Metrics(varz.server_id);
      self->metrics_.snapshot("gnatsd_varz", varz);
      self->askConnz();
    });
  }

 private:
  void askConnz() {
    source_.connz({}, [self = shared_from_this()](const ConnectionList& list) {
      self->metrics_.snapshot("gnatsd_connz", sum(list));
      self->askSubsz();
    });
  }

  void askSubsz() {
    source_.subsz({}, [self = shared_from_this()](Subsz subsz) {
      page(subsz, {});
      self->metrics_.snapshot("gnatsd_subsz", subsz);
      self->askHealthz();
    });
  }

  void askHealthz() {
    source_.healthz({}, [self = shared_from_this()](const HealthCheck& check) {
      writeHealth(self->metrics_, check);
      self->askSlowz();
    });
  }

  void askSlowz() {
    source_.slowz([self = shared_from_this()](Slowz slowz) {
      writeSlow(self->metrics_, std::move(slowz));
      self->done_(self->metrics_.take());
    });
  }

  Source& source_;
  std::function<void(std::string)> done_;
  Metrics metrics_{""};
};

}  // namespace

void scrape(Source& source, const std::map<std::string, std::uint64_t>& requests,
            std::function<void(std::string)> done) {
  std::make_shared<Scrape>(source, std::move(done))->start(requests);
}

}  // namespace gannet::monitor

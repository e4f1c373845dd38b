#include "bench/client/wire.h"
#include "bench/modes/modes.h"
#include "bench/target.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gannet::bench {
namespace {

// A server's memory has settled when it has not changed by a two-hundredth for half a second.
constexpr std::chrono::milliseconds kSampleInterval{100};
constexpr int kCalmSamples = 5;
constexpr int kMaxSamples = 50;

// Waits until the server's memory has settled, or five seconds.
Result<Mark, Error> markSettled(const std::optional<ServerProcess>& server) {
  auto mark = markNow(server);
  if (!mark || !server.has_value()) return mark;
  int calm = 0;
  for (int sample = 0; sample < kMaxSamples && calm < kCalmSamples; ++sample) {
    std::this_thread::sleep_for(kSampleInterval);
    auto next = markNow(server);
    if (!next) return next;
    const std::uint64_t low = std::min(mark->server->rss_bytes, next->server->rss_bytes);
    const std::uint64_t high = std::max(mark->server->rss_bytes, next->server->rss_bytes);
    calm = high - low <= high / 200 ? calm + 1 : 0;
    mark = std::move(next);
  }
  return mark;
}

double growth(std::uint64_t before, std::uint64_t after, std::size_t count) {
  return (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(count);
}

Result<std::vector<Connection>, Error> openAll(const Options& options, bool is_subscribing,
                                               Histogram* times) {
  const auto target = Target::make(options);
  if (!target) return target.error();
  ProgressBar progress(nameOf(options.mode));
  Opening opening{.count = options.connections, .parallel = options.concurrency};
  opening.is_idle = true;
  opening.times = times;
  opening.progress = &progress;
  if (is_subscribing) {
    opening.hello = [&](std::size_t index) {
      return subscribeLine(options.topology.subject + "." + std::to_string(index), "", "1");
    };
  }
  return target->open(std::move(opening));
}

}  // namespace

Result<Report, Error> runIdle(const Options& options) {
  const auto server = openGiven(options.pid);
  if (!server) return server.error();
  const auto begin = markSettled(*server);
  if (!begin) return begin.error();
  Histogram times;
  const auto start = markNow(*server);
  const auto connections = openAll(options, true, &times);
  if (!connections) return connections.error();
  const auto opened = markNow(*server);
  if (!opened) return opened.error();
  const auto end = markSettled(*server);
  if (!end) return end.error();

  Report report = makeReport(options, *start, *opened, connections->size());
  report.latency = summarize(times);
  if (end->server.has_value()) {
    const std::size_t count = connections->size();
    report.per_connection = ConnectionCost{
        .rss_bytes = growth(begin->server->rss_bytes, end->server->rss_bytes, count),
        .private_bytes = growth(begin->server->private_bytes, end->server->private_bytes, count)};
  }
  return report;
}

Result<Report, Error> runConnects(const Options& options) {
  const auto server = openGiven(options.pid);
  if (!server) return server.error();
  const auto begin = markNow(*server);
  if (!begin) return begin.error();
  Histogram times;
  const auto connections = openAll(options, false, &times);
  if (!connections) return connections.error();
  const auto end = markNow(*server);
  if (!end) return end.error();
  for (const Connection& connection : *connections)
    connection.setAbortOnClose();

  Report report = makeReport(options, *begin, *end, connections->size());
  report.latency = summarize(times);
  return report;
}

}  // namespace gannet::bench

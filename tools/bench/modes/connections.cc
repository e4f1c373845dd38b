#include "bench/client/handshake.h"
#include "bench/client/tls.h"
#include "bench/client/wire.h"
#include "bench/modes/modes.h"

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

Result<std::vector<Socket>, Error> openAll(const Options& options, bool is_subscribing,
                                           Histogram* times) {
  const auto endpoint = resolve(options.server);
  if (!endpoint) return endpoint.error();
  const std::string connect_line = connectLine(options.credentials);
  ProgressBar progress(nameOf(options.mode));
  std::optional<TlsContext> tls;
  if (options.is_tls) tls.emplace();
  Opening opening{.count = options.connections, .parallel = options.concurrency};
  opening.tls = tls ? &*tls : nullptr;
  opening.times = times;
  opening.progress = &progress;
  opening.hello = [&](std::size_t index) {
    if (!is_subscribing) return connect_line;
    return connect_line +
           subscribeLine(options.topology.subject + "." + std::to_string(index), "", "1");
  };
  return openConnections(*endpoint, opening);
}

}  // namespace

Result<Report, Error> runIdle(const Options& options) {
  const auto server = openGiven(options.pid);
  if (!server) return server.error();
  const auto begin = markSettled(*server);
  if (!begin) return begin.error();
  Histogram times;
  const auto start = markNow(*server);
  const auto sockets = openAll(options, true, &times);
  if (!sockets) return sockets.error();
  const auto opened = markNow(*server);
  if (!opened) return opened.error();
  const auto end = markSettled(*server);
  if (!end) return end.error();

  Report report = makeReport(options, *start, *opened, sockets->size());
  report.latency = summarize(times);
  if (end->server.has_value()) {
    const std::size_t count = sockets->size();
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
  const auto sockets = openAll(options, false, &times);
  if (!sockets) return sockets.error();
  const auto end = markNow(*server);
  if (!end) return end.error();
  for (const Socket& socket : *sockets)
    socket.setAbortOnClose();

  Report report = makeReport(options, *begin, *end, sockets->size());
  report.latency = summarize(times);
  return report;
}

}  // namespace gannet::bench

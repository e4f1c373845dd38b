#include "bench/busy_publishers.h"
#include "bench/client/inbound.h"
#include "bench/client/poller.h"
#include "bench/client/wire.h"
#include "bench/modes/modes.h"
#include "bench/target.h"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace gannet::bench {
namespace {

constexpr std::chrono::milliseconds kMaxWait{100};
// A server that hundreds of publishers keep busy may take seconds, and that is a figure.
constexpr std::chrono::seconds kMaxSilence{30};

// One connection that says PING and waits for the PONG, over and over.
class PingRun {
 public:
  explicit PingRun(Connection connection)
      : connection_(std::move(connection)), buffer_(Inbound::kMinBuffer) {
    poller_.add(connection_.fd(), EPOLLIN, 0);
  }

  // Until `end`, or `most` times. `latency` may be null.
  Result<void, Error> run(MonoTime end, std::uint64_t most, Histogram* latency);

 private:
  Result<void, Error> say(std::string_view line);
  Result<void, Error> waitForPong(MonoTime sent);

  Connection connection_;
  Inbound inbound_{SIZE_MAX};  // no messages come here
  std::vector<char> buffer_;
  Poller poller_;
};

// There is always room: no more than one line of either kind is on its way.
Result<void, Error> PingRun::say(std::string_view line) {
  if (connection_.send(line).size == line.size()) return {};
  return Error{"the connection broke"};
}

Result<void, Error> PingRun::waitForPong(MonoTime sent) {
  const std::uint64_t before = inbound_.counter().pongs();
  while (inbound_.counter().pongs() == before) {
    if (monoNow() - sent > kMaxSilence) return Error{"no PONG within 30 seconds"};
    if (poller_.wait(kMaxWait).empty()) continue;
    const auto got = inbound_.receive(connection_, buffer_);
    if (!got) return got.error();
    for (std::uint64_t ping = inbound_.takePings(); ping > 0; --ping) {
      const auto said = say(kPong);
      if (!said.has_value()) return said;
    }
  }
  return {};
}

Result<void, Error> PingRun::run(MonoTime end, std::uint64_t most, Histogram* latency) {
  ProgressBar progress(latency != nullptr ? nameOf(Mode::ping) : "warming up");
  const MonoTime begin = monoNow();
  MonoTime now = begin;
  for (std::uint64_t done = 0; now < end && done < most; ++done) {
    const MonoTime sent = monoNow();
    const auto said = say(kPing);
    if (!said.has_value()) return said;
    const auto answered = waitForPong(sent);
    if (!answered.has_value()) return answered;
    now = monoNow();
    if (latency != nullptr) latency->record(now - sent);
    const std::chrono::duration<double> elapsed = now - begin;
    const std::chrono::duration<double> whole = end - begin;
    progress.update(now, elapsed / whole, done);
  }
  return {};
}

}  // namespace

Result<Report, Error> runPings(const Options& options) {
  const auto server = openGiven(options.pid);
  if (!server) return server.error();
  const auto target = Target::make(options);
  if (!target) return target.error();
  auto connections = target->open({.count = 1});
  if (!connections) return connections.error();
  PingRun pings(std::move(connections->front()));
  const auto busy = BusyPublishers::start(*target, options);
  if (!busy) return busy.error();
  if (options.warmup.count() > 0) {
    const auto warmed = pings.run(monoNow() + options.warmup, UINT64_MAX, nullptr);
    if (!warmed.has_value()) return warmed.error();
  }
  const auto begin = markNow(*server);
  if (!begin) return begin.error();
  const std::uint64_t before = (*busy)->published();
  const MonoTime end =
      options.duration.count() > 0 ? monoNow() + options.duration : MonoTime::max();
  Histogram latency;
  const auto measured = pings.run(end, options.msgs > 0 ? options.msgs : UINT64_MAX, &latency);
  if (!measured.has_value()) return measured.error();
  const auto ended = markNow(*server);
  if (!ended) return ended.error();
  const std::uint64_t published = (*busy)->published() - before;
  const auto stopped = (*busy)->stop();
  if (!stopped.has_value()) return stopped.error();

  Report report = makeReport(options, *begin, *ended, latency.count());
  report.latency = summarize(latency);
  report.beside = besideOf(options, published, report.seconds);
  return report;
}

}  // namespace gannet::bench

#include "bench/flow.h"
#include "bench/modes/modes.h"
#include "bench/target.h"
#include "bench/worker.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gannet::bench {
namespace {

constexpr std::size_t kHandshakes = 64;

// All workers of a run, with the connections dealt to them like cards.
class Crew {
 public:
  static Result<Crew, Error> connect(const Options& options);

  // Runs one phase on as many threads as there are workers.
  Result<void, Error> run(Flow& flow, std::string_view title);

  // Whether every subscriber of a subject got the same messages as the others of it.
  [[nodiscard]] Result<void, Error> verify(const Topology& topology) const;

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
};

Result<Crew, Error> Crew::connect(const Options& options) {
  const Topology& topology = options.topology;
  const auto target = Target::make(options);
  if (!target) return target.error();
  Opening opening{.count = topology.subscribers, .parallel = kHandshakes};
  opening.hello = [&](std::size_t index) { return subscriptions(topology, index); };
  auto listening = target->open(opening);
  if (!listening) return listening.error();
  auto publishing = target->open({.count = topology.publishers, .parallel = kHandshakes});
  if (!publishing) return publishing.error();

  const std::size_t threads = std::min(options.threads, topology.publishers + topology.subscribers);
  std::vector<std::vector<Publisher>> publishers(threads);
  std::vector<std::vector<Subscriber>> subscribers(threads);
  for (std::size_t i = 0; i < topology.publishers; ++i) {
    auto ring = FrameRing::make(topology, i);
    if (!ring) return ring.error();
    publishers[i % threads].emplace_back(std::move((*publishing)[i]), std::move(*ring));
  }
  // From the last thread: with one publisher and one subscriber each has a thread of its own.
  for (std::size_t i = 0; i < topology.subscribers; ++i) {
    subscribers[threads - 1 - i % threads].push_back(
        Subscriber{std::move((*listening)[i]), Inbound(deliverySize(topology))});
  }
  Crew crew;
  for (std::size_t i = 0; i < threads; ++i) {
    crew.workers_.push_back(
        std::make_unique<Worker>(std::move(publishers[i]), std::move(subscribers[i])));
  }
  return crew;
}

Result<void, Error> Crew::run(Flow& flow, std::string_view title) {
  std::vector<Worker*> crew;
  for (const auto& worker : workers_)
    crew.push_back(worker.get());
  std::vector<Result<void, Error>> outcomes(crew.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < crew.size(); ++i) {
    threads.emplace_back([&, i] { outcomes[i] = crew[i]->run(flow, crew, nullptr); });
  }
  ProgressBar progress(title);
  outcomes[0] = crew[0]->run(flow, crew, &progress);
  for (std::thread& thread : threads)
    thread.join();
  for (auto& outcome : outcomes) {
    if (!outcome.has_value()) return outcome;
  }
  return {};
}

Result<void, Error> Crew::verify(const Topology& topology) const {
  if (topology.is_queue || topology.subjects >= topology.subscribers) return {};
  std::vector<std::vector<std::uint64_t>> by_worker;
  for (const auto& worker : workers_)
    by_worker.push_back(worker->received());
  std::vector<std::uint64_t> counts(topology.subscribers);
  for (std::size_t i = 0; i < topology.subscribers; ++i) {
    counts[i] = by_worker[workers_.size() - 1 - i % workers_.size()][i / workers_.size()];
    if (counts[i] == counts[i % topology.subjects]) continue;
    return Error{"subscriber " + std::to_string(i + 1) + " got " + std::to_string(counts[i]) +
                 " messages, another of its subject " +
                 std::to_string(counts[i % topology.subjects])};
  }
  return {};
}

FlowLimits limitsOf(const Options& options, std::chrono::nanoseconds duration) {
  const Topology& topology = options.topology;
  FlowLimits limits{.begin = monoNow(), .rate = options.rate};
  if (duration.count() > 0) limits.end = limits.begin + duration;
  limits.deliveries = deliveriesPerMessage(topology);
  limits.max_in_flight = std::max<std::uint64_t>(options.window / deliverySize(topology), 1);
  limits.workers = std::min(options.threads, topology.publishers + topology.subscribers);
  return limits;
}

}  // namespace

Result<Report, Error> runStream(const Options& options) {
  const auto server = openGiven(options.pid);
  if (!server) return server.error();
  auto crew = Crew::connect(options);
  if (!crew) return crew.error();
  if (options.warmup.count() > 0) {
    Flow flow(limitsOf(options, options.warmup));
    const auto warmed = crew->run(flow, "warming up");
    if (!warmed.has_value()) return warmed.error();
  }
  const auto begin = markNow(*server);
  if (!begin) return begin.error();
  FlowLimits limits = limitsOf(options, options.duration);
  if (options.msgs > 0) limits.messages = options.msgs;
  Flow flow(limits);
  const auto measured = crew->run(flow, nameOf(options.mode));
  if (!measured.has_value()) return measured.error();
  const auto end = markNow(*server);
  if (!end) return end.error();
  const auto verified = crew->verify(options.topology);
  if (!verified.has_value()) return verified.error();

  Report report = makeReport(options, *begin, *end, flow.published());
  report.deliveries = flow.delivered();
  return report;
}

}  // namespace gannet::bench

#include "bench/busy_publishers.h"

#include <array>
#include <utility>
#include <vector>

namespace gannet::bench {
namespace {

constexpr std::size_t kHandshakes = 64;
// Messages without payload are the most work for a server that a byte can be: the server is what
// falls behind, and not the thread here that writes for all publishers.
constexpr std::size_t kPayload = 0;

}  // namespace

Result<std::unique_ptr<BusyPublishers>, Error> BusyPublishers::start(const Target& target,
                                                                     const Options& options) {
  const Topology topology{.publishers = options.beside,
                          .size = kPayload,
                          .subject = options.topology.subject + ".busy"};
  auto connections = target.open({.count = topology.publishers, .parallel = kHandshakes});
  if (!connections) return connections.error();
  std::vector<Publisher> publishers;
  for (std::size_t i = 0; i < topology.publishers; ++i) {
    auto ring = FrameRing::make(topology, i);
    if (!ring) return ring.error();
    (*connections)[i].setAbortOnClose();
    publishers.emplace_back(std::move((*connections)[i]), std::move(*ring));
  }
  auto made = std::unique_ptr<BusyPublishers>(new BusyPublishers(std::move(publishers)));
  if (options.beside > 0) made->begin();
  return made;
}

BusyPublishers::BusyPublishers(std::vector<Publisher> publishers)
    : worker_(std::move(publishers), {}), flow_({.begin = monoNow()}) {}

void BusyPublishers::begin() {
  thread_ = std::thread([this] {
    const std::array<Worker*, 1> crew = {&worker_};
    outcome_ = worker_.run(flow_, crew, nullptr);
  });
}

BusyPublishers::~BusyPublishers() {
  static_cast<void>(stop());
}

Result<void, Error> BusyPublishers::stop() {
  flow_.abandon();
  worker_.wake();
  if (thread_.joinable()) thread_.join();
  return outcome_;
}

}  // namespace gannet::bench

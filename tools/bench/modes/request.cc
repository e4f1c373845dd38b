#include "bench/busy_publishers.h"
#include "bench/client/message_reader.h"
#include "bench/client/poller.h"
#include "bench/client/wire.h"
#include "bench/modes/modes.h"
#include "bench/target.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

// Requesters and responders share one thread: between a reply's arrival and the next request's
// departure no scheduler stands, so what is measured is the server and the kernel.
namespace gannet::bench {
namespace {

constexpr std::chrono::milliseconds kMaxWait{100};
// A server that hundreds of publishers keep busy may take seconds, and that is a figure.
constexpr std::chrono::seconds kMaxSilence{30};

// A request under way, or the place for one. Its frame, reply subject included, is made once.
struct Slot {
  std::string frame;
  MonoTime sent{};
  bool is_busy = false;
};

// A connection of either kind. Only requesters have slots.
struct Peer {
  Connection connection;
  MessageReader reader{};
  std::string out{};
  bool is_blocked = false;
  std::vector<Slot> slots{};
};

// How long a phase goes on and what is kept of it.
struct Phase {
  MonoTime begin{};
  MonoTime end = MonoTime::max();
  std::uint64_t requests = UINT64_MAX;
  Histogram* latency = nullptr;  // null: nothing is recorded
  std::uint64_t begun = 0;
  std::uint64_t done = 0;
};

class RequestRun {
 public:
  explicit RequestRun(const Options& options)
      : options_(options), payload_(options.topology.size, 'x') {}

  Result<void, Error> connect(const Target& target);
  Result<void, Error> run(Phase& phase, std::string_view title);

 private:
  [[nodiscard]] std::string inbox(std::size_t requester, std::string_view last) const;
  void addSlots();
  [[nodiscard]] bool mayBegin(const Phase& phase, MonoTime now) const;
  [[nodiscard]] std::chrono::nanoseconds patience(const Phase& phase, MonoTime now) const;
  Result<void, Error> beginRequests(Phase& phase);
  Result<void, Error> onEvent(Phase& phase, const epoll_event& event);
  void respond(Peer& peer, const MessageLine& request);
  Result<void, Error> complete(Phase& phase, Peer& peer, const MessageLine& reply);
  Result<void, Error> flush(std::size_t index);

  const Options& options_;
  std::string payload_;
  std::vector<Peer> peers_;                                // requesters, then responders
  std::vector<std::pair<std::size_t, std::size_t>> free_;  // slots: peer and index
  Poller poller_;
};

std::string RequestRun::inbox(std::size_t requester, std::string_view last) const {
  return "_INBOX." + std::to_string(getpid()) + "." + std::to_string(requester) + "." +
         std::string(last);
}

void RequestRun::addSlots() {
  const Topology& topology = options_.topology;
  for (std::size_t i = 0; i < options_.concurrency; ++i) {
    const std::size_t requester = i % topology.publishers;
    std::vector<Slot>& slots = peers_[requester].slots;
    const std::string reply = inbox(requester, std::to_string(slots.size()));
    free_.emplace_back(requester, slots.size());
    slots.push_back(Slot{.frame = publishFrame(topology.subject, reply, topology.size)});
  }
  std::reverse(free_.begin(), free_.end());  // the last one leaves first
}

Result<void, Error> RequestRun::connect(const Target& target) {
  const Topology& topology = options_.topology;
  const std::string queue = topology.subscribers > 1 ? "bench" : "";
  Opening opening{.count = topology.publishers + topology.subscribers, .parallel = 64};
  opening.hello = [&](std::size_t index) {
    return index < topology.publishers ? subscribeLine(inbox(index, "*"), "", "1")
                                       : subscribeLine(topology.subject, queue, "1");
  };
  auto connections = target.open(std::move(opening));
  if (!connections) return connections.error();
  for (std::size_t i = 0; i < connections->size(); ++i) {
    poller_.add((*connections)[i].fd(), EPOLLIN, i);
    peers_.push_back(Peer{.connection = std::move((*connections)[i])});
  }
  addSlots();
  return {};
}

bool RequestRun::mayBegin(const Phase& phase, MonoTime now) const {
  if (now >= phase.end || phase.begun >= phase.requests) return false;
  const std::chrono::duration<double> elapsed = now - phase.begin;
  return options_.rate <= 0 || static_cast<double>(phase.begun) <= elapsed.count() * options_.rate;
}

std::chrono::nanoseconds RequestRun::patience(const Phase& phase, MonoTime now) const {
  if (options_.rate <= 0 || free_.empty() || now >= phase.end) return kMaxWait;
  const std::chrono::duration<double> due(static_cast<double>(phase.begun) / options_.rate);
  const auto at = phase.begin + std::chrono::duration_cast<std::chrono::nanoseconds>(due);
  return std::clamp<std::chrono::nanoseconds>(at - now, std::chrono::nanoseconds{1}, kMaxWait);
}

Result<void, Error> RequestRun::beginRequests(Phase& phase) {
  while (!free_.empty()) {
    const MonoTime now = monoNow();
    if (!mayBegin(phase, now)) return {};
    const auto [index, slot_index] = free_.back();
    free_.pop_back();
    Slot& slot = peers_[index].slots[slot_index];
    slot.is_busy = true;
    slot.sent = now;
    ++phase.begun;
    peers_[index].out += slot.frame;
    const auto flushed = flush(index);
    if (!flushed.has_value()) return flushed;
  }
  return {};
}

Result<void, Error> RequestRun::flush(std::size_t index) {
  Peer& peer = peers_[index];
  if (peer.is_blocked || peer.out.empty()) return {};
  const Transfer sent = peer.connection.send(peer.out);
  if (sent.error != 0) return Error{"a connection broke: " + errnoText(sent.error)};
  peer.out.erase(0, sent.size);
  peer.is_blocked = !peer.out.empty();
  if (peer.is_blocked) poller_.change(peer.connection.fd(), EPOLLIN | EPOLLOUT, index);
  return {};
}

void RequestRun::respond(Peer& peer, const MessageLine& request) {
  peer.out.append("PUB ").append(request.reply).append(" ");
  peer.out.append(std::to_string(payload_.size())).append("\r\n");
  peer.out.append(payload_).append("\r\n");
}

Result<void, Error> RequestRun::complete(Phase& phase, Peer& peer, const MessageLine& reply) {
  const std::string_view last = reply.subject.substr(reply.subject.rfind('.') + 1);
  std::size_t index = SIZE_MAX;
  std::from_chars(last.data(), last.data() + last.size(), index);
  if (index >= peer.slots.size() || !peer.slots[index].is_busy || reply.size != payload_.size()) {
    return Error{"a reply came that nothing was waiting for: " + std::string(reply.subject)};
  }
  Slot& slot = peer.slots[index];
  slot.is_busy = false;
  if (phase.latency != nullptr) phase.latency->record(monoNow() - slot.sent);
  ++phase.done;
  free_.emplace_back(static_cast<std::size_t>(&peer - peers_.data()), index);
  return {};
}

Result<void, Error> RequestRun::onEvent(Phase& phase, const epoll_event& event) {
  const auto index = static_cast<std::size_t>(event.data.u64);
  Peer& peer = peers_[index];
  if (peer.is_blocked && (event.events & EPOLLOUT) != 0) {
    peer.is_blocked = false;
    poller_.change(peer.connection.fd(), EPOLLIN, index);
  }
  if ((event.events & EPOLLIN) != 0) {
    const auto got = peer.reader.receive(peer.connection);
    if (!got) return got.error();
  }
  while (const auto message = peer.reader.next()) {
    if (peer.slots.empty()) {
      respond(peer, *message);
      continue;
    }
    const auto completed = complete(phase, peer, *message);
    if (!completed.has_value()) return completed;
  }
  if (!peer.reader.error().empty()) return Error{"the server says " + peer.reader.error()};
  for (std::uint64_t ping = peer.reader.takePings(); ping > 0; --ping)
    peer.out += kPong;
  return flush(index);
}

Result<void, Error> RequestRun::run(Phase& phase, std::string_view title) {
  ProgressBar progress(title);
  const double span = std::chrono::duration<double>(phase.end - phase.begin).count();
  MonoTime heard = phase.begin;
  for (;;) {
    const auto begun = beginRequests(phase);
    if (!begun.has_value()) return begun;
    const MonoTime now = monoNow();
    const bool is_over = now >= phase.end || phase.begun >= phase.requests;
    if (is_over && phase.done == phase.begun) return {};
    if (now - heard > kMaxSilence && phase.done < phase.begun) {
      return Error{std::to_string(phase.begun - phase.done) + " requests got no reply"};
    }
    const std::chrono::duration<double> elapsed = now - phase.begin;
    const double share = static_cast<double>(phase.done) / static_cast<double>(phase.requests);
    progress.update(now, std::max(share, elapsed.count() / span), phase.done);
    const auto events = poller_.wait(patience(phase, now));
    if (!events.empty()) heard = now;
    for (const epoll_event& event : events) {
      const auto handled = onEvent(phase, event);
      if (!handled.has_value()) return handled;
    }
  }
}

}  // namespace

Result<Report, Error> runRequests(const Options& options) {
  const auto server = openGiven(options.pid);
  if (!server) return server.error();
  const auto target = Target::make(options);
  if (!target) return target.error();
  RequestRun requests(options);
  const auto connected = requests.connect(*target);
  if (!connected.has_value()) return connected.error();
  const auto busy = BusyPublishers::start(*target, options);
  if (!busy) return busy.error();
  if (options.warmup.count() > 0) {
    const MonoTime now = monoNow();
    Phase phase{.begin = now, .end = now + options.warmup};
    const auto warmed = requests.run(phase, "warming up");
    if (!warmed.has_value()) return warmed.error();
  }
  const auto begin = markNow(*server);
  if (!begin) return begin.error();
  const std::uint64_t before = (*busy)->published();
  Histogram latency;
  Phase phase{.begin = monoNow(), .latency = &latency};
  if (options.duration.count() > 0) phase.end = phase.begin + options.duration;
  if (options.msgs > 0) phase.requests = options.msgs;
  const auto measured = requests.run(phase, nameOf(options.mode));
  if (!measured.has_value()) return measured.error();
  const auto end = markNow(*server);
  if (!end) return end.error();
  const std::uint64_t published = (*busy)->published() - before;
  const auto stopped = (*busy)->stop();
  if (!stopped.has_value()) return stopped.error();

  Report report = makeReport(options, *begin, *end, phase.done);
  report.beside = besideOf(options, published, report.seconds);
  report.deliveries = phase.done * 2;
  report.latency = summarize(latency);
  return report;
}

}  // namespace gannet::bench

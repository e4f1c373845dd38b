#include "bench/worker.h"

#include "base/clock.h"
#include "bench/client/wire.h"
#include "bench/topology.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gannet::bench {
namespace {

// How the server below treats what it gets.
struct Manners {
  int copies = 1;                      // of each message, to each subscriber
  std::uint64_t closes_after = ~0ULL;  // messages; then it drops everyone
};

// A server of one publisher: a thread at the other ends of socket pairs.
class FakeServer {
 public:
  FakeServer(const Topology& topology, const Manners& manners)
      : topology_(topology),
        manners_(manners),
        frame_size_(publishFrame(topology.subject, "", topology.size).size()) {}

  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  ~FakeServer() {
    thread_.join();
    for (const int fd : subscribers_)
      close(fd);
  }

  // The worker whose connections lead here. Its end ends the server too.
  std::unique_ptr<Worker> start() {
    std::vector<Publisher> publishers;
    std::vector<Subscriber> subscribers;
    publishers.emplace_back(connect(publisher_), FrameRing::make(topology_, 0).value());
    subscribers_.resize(topology_.subscribers);
    for (int& end : subscribers_) {
      subscribers.push_back(Subscriber{connect(end), Inbound(deliverySize(topology_))});
    }
    thread_ = std::thread([this] { serve(); });
    return std::make_unique<Worker>(std::move(publishers), std::move(subscribers));
  }

 private:
  static Connection connect(int& server_end) {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
    server_end = ends[0];
    EXPECT_EQ(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
    return Connection(Socket(ends[1]));
  }

  static void send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void serve() {
    const std::string delivery = "MSG " + topology_.subject + " 1 " +
                                 std::to_string(topology_.size) + "\r\n" +
                                 std::string(topology_.size, 'x') + "\r\n";
    std::string input;
    std::vector<char> buffer(64UL << 10U);
    std::uint64_t seen = 0;
    for (ssize_t got = 0; (got = recv(publisher_, buffer.data(), buffer.size(), 0)) > 0;) {
      input.append(buffer.data(), static_cast<std::size_t>(got));
      std::string output;
      std::size_t at = 0;
      for (; input.compare(at, 4, "PUB ") == 0 && at + frame_size_ <= input.size();
           at += frame_size_, ++seen) {
        for (int copy = 0; copy < manners_.copies; ++copy)
          output += delivery;
      }
      for (const int fd : subscribers_)
        send(fd, output);
      for (; input.compare(at, kPing.size(), kPing) == 0; at += kPing.size()) {
        send(publisher_, kPong);
      }
      input.erase(0, at);
      if (seen >= manners_.closes_after) break;
    }
    close(publisher_);
    for (const int fd : subscribers_)
      shutdown(fd, SHUT_RDWR);
  }

  Topology topology_;
  Manners manners_;
  std::size_t frame_size_;
  int publisher_ = -1;
  std::vector<int> subscribers_;
  std::thread thread_;
};

Result<void, Error> runAlone(Worker& worker, Flow& flow) {
  const std::array<Worker*, 1> crew = {&worker};
  return worker.run(flow, crew, nullptr);
}

FlowLimits limitsFor(const Topology& topology, std::uint64_t messages) {
  return FlowLimits{.begin = monoNow(),
                    .messages = messages,
                    .deliveries = deliveriesPerMessage(topology),
                    .max_in_flight = 1000};
}

TEST(BenchWorker, BringsEveryMessageToEverySubscriberOverSeveralPhases) {
  for (const std::size_t size : {0U, 128U, 100'000U}) {
    const Topology topology{.subscribers = 3, .size = size};
    const std::uint64_t messages = size > 1000 ? 50 : 20'000;
    FakeServer server(topology, {});
    const auto worker = server.start();
    for (std::uint64_t phase = 1; phase <= 2; ++phase) {
      Flow flow(limitsFor(topology, messages));
      const auto outcome = runAlone(*worker, flow);

      ASSERT_TRUE(outcome.has_value()) << outcome.error().text;
      EXPECT_EQ(flow.published(), messages);
      EXPECT_EQ(flow.delivered(), 3 * messages);
      EXPECT_EQ(worker->received(), std::vector<std::uint64_t>(3, phase * messages));
    }
  }
}

TEST(BenchWorker, StopsWhenTheTimeIsUpAndStillLosesNothing) {
  const Topology topology{.subscribers = 2, .size = 10};
  FakeServer server(topology, {});
  const auto worker = server.start();
  FlowLimits limits = limitsFor(topology, UINT64_MAX);
  limits.end = limits.begin + std::chrono::milliseconds{50};
  Flow flow(limits);

  ASSERT_TRUE(runAlone(*worker, flow).has_value());

  EXPECT_GT(flow.published(), 0U);
  EXPECT_EQ(flow.delivered(), 2 * flow.published());
}

TEST(BenchWorker, TakesTheAnswerToAPingForTheEndWhenNobodyListens) {
  const Topology topology{.subscribers = 0};
  FakeServer server(topology, {});
  const auto worker = server.start();
  Flow flow(limitsFor(topology, 100'000));

  ASSERT_TRUE(runAlone(*worker, flow).has_value());

  EXPECT_EQ(flow.published(), 100'000U);
  EXPECT_EQ(flow.delivered(), 0U);
}

TEST(BenchWorker, ReportsMessagesThatCameTwice) {
  const Topology topology{.subscribers = 1};
  FakeServer server(topology, {.copies = 5});
  const auto worker = server.start();
  Flow flow(limitsFor(topology, 1000));

  const auto outcome = runAlone(*worker, flow);

  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().text, "the server delivered messages twice");
  EXPECT_TRUE(flow.isAbandoned());
}

TEST(BenchWorker, ReportsAServerThatCloses) {
  const Topology topology{.subscribers = 1, .size = 64};
  FakeServer server(topology, {.closes_after = 500});
  const auto worker = server.start();
  Flow flow(limitsFor(topology, 10'000));

  const auto outcome = runAlone(*worker, flow);

  ASSERT_FALSE(outcome.has_value());
  EXPECT_NE(outcome.error().text, "");
}

TEST(BenchWorker, LeavesWhenAnotherOneFailed) {
  const Topology topology{.subscribers = 1};
  FakeServer server(topology, {});
  const auto worker = server.start();
  Flow flow(limitsFor(topology, UINT64_MAX));
  flow.abandon();

  EXPECT_TRUE(runAlone(*worker, flow).has_value());
}

TEST(FrameRing, GivesItsFramesInOrderAndRoundAgain) {
  const Topology topology{.publishers = 2, .subjects = 6};
  auto ring = FrameRing::make(topology, 1).value();
  std::string taken;
  for (std::size_t frames = 1; taken.size() < 2'000'000; frames = frames % 1000 + 1) {
    taken += ring.take(std::min(frames, ring.frames()));
  }

  const std::string round = publishFrame("bench.1", "", 0) + publishFrame("bench.3", "", 0) +
                            publishFrame("bench.5", "", 0);
  for (std::size_t at = 0; at + round.size() <= taken.size(); at += round.size()) {
    ASSERT_EQ(taken.compare(at, round.size(), round), 0) << at;
  }
}

TEST(FrameRing, GivesEveryMessageALastTokenOfItsOwn) {
  const std::size_t length = publishFrame("bench.0.12345678", "", 5).size();
  std::set<std::string> seen;
  std::size_t count = 0;
  for (std::size_t publisher = 0; publisher < 3; ++publisher) {
    const Topology topology{
        .publishers = 3, .subjects = 6, .size = 5, .last_token = LastToken::fresh};
    auto ring = FrameRing::make(topology, publisher).value();
    for (std::size_t frames = 1; frames < 250; ++frames) {
      std::string_view taken = ring.take(std::min(frames, ring.frames()));
      for (; !taken.empty(); taken.remove_prefix(length), ++count) {
        const std::string subject(taken.substr(4, 16));
        ASSERT_EQ(taken.substr(0, length), publishFrame(subject, "", 5));
        ASSERT_TRUE(subject.starts_with("bench.") && subject[7] == '.');
        seen.insert(subject.substr(8));
      }
    }
  }

  EXPECT_GT(count, 50'000U);
  EXPECT_EQ(seen.size(), count);
}

TEST(FrameRing, RefusesMoreThanItMayHold) {
  const Topology topology{.subjects = 1'000'000, .size = 1024};

  EXPECT_FALSE(FrameRing::make(topology, 0).has_value());
}

}  // namespace
}  // namespace gannet::bench

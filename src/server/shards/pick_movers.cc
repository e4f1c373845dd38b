#include "server/shards/pick_movers.h"

#include <algorithm>
#include <numeric>

namespace gannet::server {
namespace {

using std::chrono::nanoseconds;

// What a message costs both shards together that crosses from one to the other, by estimate.
constexpr double kCrossingNs = 40;

// A connection leaves its circle if its own work is that many times what its messages then cost.
constexpr double kWorthIt = 3;

// Less than this part of the excess is not worth halting everybody for, and once no more is left
// the rest may stay.
constexpr int kLeastPart = 4;
constexpr int kRest = 8;

// Everybody waits while they move.
constexpr std::size_t kMostMovers = 256;

// Connections that talk to each other, directly or through others.
struct Circle {
  std::vector<std::size_t> members;
  std::uint64_t in_msgs = 0;
  std::uint64_t out_msgs = 0;
  nanoseconds work{0};
  bool is_bound = false;  // for somebody in it
};

// Finds circles by joining each connection with those it talked to last.
class Circles {
 public:
  explicit Circles(std::span<const Activity> connections) : parents_(connections.size()) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
    for (std::size_t i = 0; i < connections.size(); ++i) {
      for (const std::size_t other : {connections[i].source, connections[i].sink}) {
        if (other < connections.size()) parents_[rootOf(i)] = rootOf(other);
      }
    }
  }

  std::vector<Circle> gather(std::span<const Activity> connections) {
    std::vector<Circle> by_root(connections.size());
    for (std::size_t i = 0; i < connections.size(); ++i) {
      Circle& circle = by_root[rootOf(i)];
      circle.members.push_back(i);
      circle.in_msgs += connections[i].in_msgs;
      circle.out_msgs += connections[i].out_msgs;
      circle.work += connections[i].work;
      circle.is_bound = circle.is_bound || connections[i].is_bound;
    }
    std::erase_if(by_root, [](const Circle& circle) { return circle.members.empty(); });
    return by_root;
  }

 private:
  std::size_t rootOf(std::size_t at) {
    while (parents_[at] != at)
      at = parents_[at] = parents_[parents_[at]];
    return at;
  }

  std::vector<std::size_t> parents_;
};

// Who might leave, and by how much the fuller of the two shards is then less full.
struct Choice {
  std::vector<std::size_t> movers;
  nanoseconds relief{0};
};

bool mayLeave(const Circle& circle) {
  return !circle.is_bound && circle.members.size() <= kMostMovers;
}

// The circle of more than the excess that brings most: the less it exceeds it the better.
Choice largerCircle(const std::vector<Circle>& circles, nanoseconds excess) {
  Choice best;
  for (const Circle& circle : circles) {
    const nanoseconds relief = 2 * excess - circle.work;
    if (circle.work > excess && relief > best.relief && mayLeave(circle)) {
      best = {circle.members, relief};
    }
  }
  return best;
}

// Circles that together make up for the excess, the largest first.
Choice smallerCircles(const std::vector<Circle>& circles, nanoseconds excess) {
  Choice choice;
  for (const Circle& circle : circles) {
    const nanoseconds left = excess - choice.relief;
    if (left < excess / kRest) break;
    const std::size_t room = kMostMovers - choice.movers.size();
    if (circle.work > left || !mayLeave(circle) || circle.members.size() > room) continue;
    choice.relief += circle.work;
    choice.movers.insert(choice.movers.end(), circle.members.begin(), circle.members.end());
  }
  return choice;
}

// The members of a circle that may leave it, those with the least work first. A message for many
// receivers crosses only once.
std::vector<std::size_t> separable(std::span<const Activity> connections, const Circle& circle) {
  const double in = static_cast<double>(std::max<std::uint64_t>(circle.in_msgs, 1));
  const double fan_out = std::max(static_cast<double>(circle.out_msgs) / in, 1.0);
  std::vector<std::size_t> members;
  for (const std::size_t member : circle.members) {
    const Activity& activity = connections[member];
    const double crossing = kCrossingNs * (static_cast<double>(activity.in_msgs) +
                                           static_cast<double>(activity.out_msgs) / fan_out);
    const auto work = static_cast<double>(activity.work.count());
    if (activity.is_bound || work < kWorthIt * crossing) continue;
    members.push_back(member);
  }
  std::stable_sort(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
    return connections[a].work < connections[b].work;
  });
  return members;
}

Choice partOf(std::span<const Activity> connections, const Circle& circle, nanoseconds excess) {
  Choice choice;
  for (const std::size_t member : separable(connections, circle)) {
    const nanoseconds work = connections[member].work;
    if (work > excess - choice.relief || choice.movers.size() == kMostMovers) break;
    choice.relief += work;
    choice.movers.push_back(member);
  }
  return choice;
}

}  // namespace

std::vector<std::size_t> pickMovers(std::span<const Activity> connections, nanoseconds excess) {
  std::vector<Circle> circles = Circles(connections).gather(connections);
  std::stable_sort(circles.begin(), circles.end(),
                   [](const Circle& a, const Circle& b) { return a.work > b.work; });
  const Choice one = largerCircle(circles, excess);
  const Choice several = smallerCircles(circles, excess);
  const Choice& whole = one.relief > several.relief ? one : several;
  const nanoseconds least = excess / kLeastPart;
  if (whole.relief >= least) return whole.movers;
  if (circles.empty()) return {};
  const Choice parts = partOf(connections, circles.front(), excess);
  return parts.relief >= least ? parts.movers : std::vector<std::size_t>{};
}

}  // namespace gannet::server

#include "server/shards/pick_movers.h"

#include <algorithm>
#include <numeric>

namespace gannet::server {
namespace {

using std::chrono::nanoseconds;

// Less than this part of the excess is not worth halting everybody for, and once no more is left
// the rest may stay.
constexpr int kLeastPart = 4;
constexpr int kRest = 8;

// Everybody waits while they move.
constexpr std::size_t kMostMovers = 256;

// Connections that talk to each other, directly or through others.
struct Circle {
  std::vector<std::size_t> members;
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

}  // namespace

// The largest circles first. One of up to half as much again as what should leave may go: then the
// other shard is the fuller one, by less.
std::vector<std::size_t> pickMovers(std::span<const Activity> connections, nanoseconds excess) {
  std::vector<Circle> circles = Circles(connections).gather(connections);
  std::stable_sort(circles.begin(), circles.end(),
                   [](const Circle& a, const Circle& b) { return a.work > b.work; });
  std::vector<std::size_t> movers;
  nanoseconds left = excess;
  for (const Circle& circle : circles) {
    if (left < excess / kRest) break;
    const std::size_t room = kMostMovers - movers.size();
    if (circle.is_bound || circle.members.size() > room || circle.work > left * 3 / 2) continue;
    left -= circle.work;
    movers.insert(movers.end(), circle.members.begin(), circle.members.end());
  }
  if (excess - left < excess / kLeastPart) movers.clear();
  return movers;
}

}  // namespace gannet::server

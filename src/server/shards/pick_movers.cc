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
struct Component {
  std::vector<std::size_t> members;
  nanoseconds work{0};
  bool is_bound = false;  // for somebody in it
};

// Finds components by joining each connection with those it talked to last.
class Components {
 public:
  explicit Components(std::span<const Activity> connections) : parents_(connections.size()) {
    std::iota(parents_.begin(), parents_.end(), std::size_t{0});
    for (std::size_t i = 0; i < connections.size(); ++i) {
      for (const std::size_t other : {connections[i].sender, connections[i].receiver}) {
        if (other < connections.size()) parents_[rootOf(i)] = rootOf(other);
      }
    }
  }

  std::vector<Component> gather(std::span<const Activity> connections) {
    std::vector<Component> by_root(connections.size());
    for (std::size_t i = 0; i < connections.size(); ++i) {
      Component& component = by_root[rootOf(i)];
      component.members.push_back(i);
      component.work += connections[i].work;
      component.is_bound = component.is_bound || connections[i].is_bound;
    }
    std::erase_if(by_root, [](const Component& component) { return component.members.empty(); });
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

// The largest components first. One of up to half as much again as what should leave may go: then
// the other shard is the fuller one, by less.
std::vector<std::size_t> pickMovers(std::span<const Activity> connections, nanoseconds excess) {
  std::vector<Component> components = Components(connections).gather(connections);
  std::stable_sort(components.begin(), components.end(),
                   [](const Component& a, const Component& b) { return a.work > b.work; });
  std::vector<std::size_t> movers;
  nanoseconds left = excess;
  for (const Component& component : components) {
    if (left < excess / kRest) break;
    const std::size_t room = kMostMovers - movers.size();
    if (component.is_bound || component.members.size() > room || component.work > left * 3 / 2)
      continue;
    left -= component.work;
    movers.insert(movers.end(), component.members.begin(), component.members.end());
  }
  if (excess - left < excess / kLeastPart) movers.clear();
  return movers;
}

}  // namespace gannet::server

#pragma once

#include "base/log.h"
#include "base/task.h"
#include "server/process/server.h"

#include <boost/asio/post.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace gannet::monitor {

// Asks all shards the same question: runs `collect(shard, part)` on every one, each with a Part of
// its own, and then `done(parts)`, the parts in the order of the shards.
//
// Threads  Called on the control thread, where `done` runs too. `collect` runs on every shard, at
//          the same time: it is const towards what it captured, and touches nothing but its two
//          arguments.
// Owns     The callbacks and all parts, until `done` returns. At shutdown, when a shard drops its
//          task, they are destroyed without a call.
// Cost     One wake-up a shard; none of them waits for another.
template <class Part, class Collect, class Done>
void gather(server::Server& server, Collect collect, Done done) {
  struct Round {
    server::MoveGate::Closed places;  // so that each connection is met once
    std::vector<Part> parts;          // one a shard, written by it alone
    std::atomic<std::size_t> left;    // shards that have not answered
    Collect collect;
    Done done;

    void finish() {
      try {
        done(std::move(parts));
      } catch (const std::exception& error) {
        log::client(log::Level::error, "Error putting an answer together: {}", error.what());
      }
    }
  };

  const auto& shards = server.shards().shards();
  // shared_ptr: owned by the tasks of all shards; the last to finish hands it to the reply.
  auto round = std::shared_ptr<Round>(new Round{server.shards().keepPlaces(),
                                                std::vector<Part>(shards.size()), shards.size(),
                                                std::move(collect), std::move(done)});
  for (std::size_t i = 0; i < shards.size(); ++i) {
    shards[i]->loop.postFromOutside(Task([&server, round, i, shard = shards[i].get()] {
      round->collect(*shard, round->parts[i]);
      if (round->left.fetch_sub(1) > 1) return;
      round->places.reset();
      boost::asio::post(server.control(), [round] { round->finish(); });
    }));
  }
}

}  // namespace gannet::monitor

#pragma once

#include "base/task.h"
#include "server/process/server.h"

#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

namespace gannet::monitor {

// Runs `collect(worker, part)` on every shard, each with a Part of its own, and then
// `done(parts)` on the control thread.
template <class Part, class Collect, class Done>
void gather(server::Server& server, Collect collect, Done done) {
  struct Round {
    std::vector<Part> parts;
    std::atomic<std::size_t> left;
    Collect collect;
    Done done;
  };

  const auto& workers = server.shards().workers();
  // shared_ptr: owned by the tasks of all shards; the last to finish hands it to the reply.
  auto round = std::shared_ptr<Round>(new Round{std::vector<Part>(workers.size()), workers.size(),
                                                std::move(collect), std::move(done)});
  for (std::size_t i = 0; i < workers.size(); ++i) {
    workers[i]->shard.postFromOutside(Task([&server, round, i, worker = workers[i].get()] {
      round->collect(*worker, round->parts[i]);
      if (round->left.fetch_sub(1) > 1) return;
      boost::asio::post(server.control(), [round] { round->done(std::move(round->parts)); });
    }));
  }
}

}  // namespace gannet::monitor

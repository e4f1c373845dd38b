#pragma once

#include "base/result.h"
#include "bench/options.h"
#include "bench/report.h"

namespace gannet::bench {

// The kinds of run. Each connects, loads the server as its options say, and reports on the measured
// part alone: connecting and warming up are over before it begins, and it ends when the last
// message has arrived everywhere.
//
// Errors  A connection that cannot be made or breaks, a message that does not arrive, a server that
//         is silent for ten seconds (ping and request: thirty).

// pub, fanout, queue and pubsub: messages in one direction.
Result<Report, Error> runStream(const Options& options);

// request: every request waits for its reply.
Result<Report, Error> runRequests(const Options& options);

// ping: PING and PONG on one connection.
Result<Report, Error> runPings(const Options& options);

// idle: what connections with one subscription each cost while they do nothing.
Result<Report, Error> runIdle(const Options& options);

// connect: how fast a server lets connections in.
Result<Report, Error> runConnects(const Options& options);

}  // namespace gannet::bench

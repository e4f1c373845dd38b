#pragma once

#include "base/json.h"
#include "bench/histogram.h"
#include "bench/options.h"
#include "bench/server_process.h"

#include <boost/describe/class.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gannet::bench {

// What a run found. The members are the fields of `--json`; one that does not apply to the mode, or
// needs a --pid that was not given, is absent. A unit is what the mode repeats: a message
// published, a request with its reply, a connection.

// Durations of single units, in microseconds.
struct Latency {
  std::uint64_t count = 0;
  double min_us = 0;
  double mean_us = 0;
  double p50_us = 0;
  double p90_us = 0;
  double p99_us = 0;
  double p999_us = 0;
  double max_us = 0;
};
BOOST_DESCRIBE_STRUCT(Latency, (),
                      (count, min_us, mean_us, p50_us, p90_us, p99_us, p999_us, max_us))

// What the server's process used in the measured interval, or has at its end.
struct ServerUse {
  double cpu_seconds = 0;  // user and system
  double cpu_us_per_unit = 0;
  double cores = 0;                 // busy, on average
  std::uint64_t rss_bytes = 0;      // resident at the end
  std::uint64_t peak_bytes = 0;     // resident at most, since the process began
  std::uint64_t private_bytes = 0;  // resident at the end without a file behind: heap and stacks
};
BOOST_DESCRIBE_STRUCT(ServerUse, (),
                      (cpu_seconds, cpu_us_per_unit, cores, rss_bytes, peak_bytes, private_bytes))

// How the server's process grew, for each connection that stayed open.
struct ConnectionCost {
  double rss_bytes = 0;
  double private_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ConnectionCost, (), (rss_bytes, private_bytes))

// The busy publishers beside what was measured.
struct Beside {
  std::uint64_t publishers = 0;
  double messages_per_second = 0;
};
BOOST_DESCRIBE_STRUCT(Beside, (), (publishers, messages_per_second))

struct Report {
  std::string mode;
  std::string server;      // where it listens
  std::uint64_t size = 0;  // of a payload
  std::uint64_t publishers = 0;
  std::uint64_t subscribers = 0;
  std::uint64_t subjects = 0;
  std::uint64_t units = 0;  // measured
  double seconds = 0;       // they took
  double units_per_second = 0;
  double ns_per_unit = 0;
  double megabytes_per_second = 0;  // of payload published, in 10^6 bytes
  std::uint64_t deliveries = 0;     // all of them complete
  double generator_cpu_us_per_unit = 0;
  json::Omit<std::optional<Latency>> latency;
  json::Omit<std::optional<ServerUse>> server_use;
  json::Omit<std::optional<ConnectionCost>> per_connection;
  json::Omit<std::optional<Beside>> beside;
};
BOOST_DESCRIBE_STRUCT(Report, (),
                      (mode, server, size, publishers, subscribers, subjects, units, seconds,
                       units_per_second, ns_per_unit, megabytes_per_second, deliveries,
                       generator_cpu_us_per_unit, latency, server_use, per_connection, beside))

// One moment of a run. Two of them enclose what is measured.
struct Mark {
  MonoTime time{};
  std::chrono::nanoseconds own_cpu{0};
  std::optional<Usage> server{};  // absent without --pid
};

// Errors  The server's process is gone.
Result<Mark, Error> markNow(const std::optional<ServerProcess>& server);

// A report on `units` done between two marks, without what only the mode knows.
[[nodiscard]] Report makeReport(const Options& options, const Mark& begin, const Mark& end,
                                std::uint64_t units);

// Nothing when no publisher was asked for.
[[nodiscard]] std::optional<Beside> besideOf(const Options& options, std::uint64_t published,
                                             double seconds);

[[nodiscard]] Latency summarize(const Histogram& histogram);

// Lines for people. Ends with a newline.
[[nodiscard]] std::string toText(const Report& report);

}  // namespace gannet::bench

#include "bench/report.h"

#include "bench/client/address.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace gannet::bench {
namespace {

double toMicros(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e3;
}

double toSeconds(std::chrono::nanoseconds duration) {
  return static_cast<double>(duration.count()) / 1e9;
}

// 1234567 as 1,234,567.
std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

std::string_view unitOf(const Report& report) {
  if (report.mode == nameOf(Mode::request)) return "request";
  if (report.mode == nameOf(Mode::ping)) return "PING";
  if (report.mode == nameOf(Mode::idle) || report.mode == nameOf(Mode::connect)) {
    return "connection";
  }
  return "message";
}

void addLine(std::string& text, std::string_view label, const std::string& value) {
  fmt::format_to(std::back_inserter(text), "{:<16}{}\n", label, value);
}

void addLatency(std::string& text, const Latency& latency) {
  addLine(
      text, "latency",
      fmt::format("p50 {:.1f}  p90 {:.1f}  p99 {:.1f}  p99.9 {:.1f}  max {:.1f} us", latency.p50_us,
                  latency.p90_us, latency.p99_us, latency.p999_us, latency.max_us));
}

void addServerUse(std::string& text, const ServerUse& use, std::string_view unit) {
  addLine(text, "server CPU",
          fmt::format("{:.3f} us a {}  ({:.2f} cores)", use.cpu_us_per_unit, unit, use.cores));
  constexpr double kMebibyte = 1 << 20U;
  addLine(text, "server memory",
          fmt::format("{:.1f} MiB resident, {:.1f} MiB private, {:.1f} MiB at most",
                      static_cast<double>(use.rss_bytes) / kMebibyte,
                      static_cast<double>(use.private_bytes) / kMebibyte,
                      static_cast<double>(use.peak_bytes) / kMebibyte));
}

}  // namespace

Result<Mark, Error> markNow(const std::optional<ServerProcess>& server) {
  Mark mark{.time = monoNow(), .own_cpu = ownCpu()};
  if (server.has_value()) {
    const auto usage = server->usage();
    if (!usage) return usage.error();
    mark.server = *usage;
  }
  return mark;
}

Report makeReport(const Options& options, const Mark& begin, const Mark& end, std::uint64_t units) {
  const double count = static_cast<double>(std::max<std::uint64_t>(units, 1));
  const std::chrono::nanoseconds elapsed = end.time - begin.time;
  const double seconds = std::max(toSeconds(elapsed), 1e-9);
  Report report;
  report.mode = nameOf(options.mode);
  report.server = toString(options.server);
  report.size = options.topology.size;
  report.publishers = options.topology.publishers;
  report.subscribers = options.topology.subscribers;
  report.subjects = options.topology.subjects;
  report.units = units;
  report.seconds = seconds;
  report.units_per_second = static_cast<double>(units) / seconds;
  report.ns_per_unit = seconds * 1e9 / count;
  report.megabytes_per_second = report.units_per_second * static_cast<double>(report.size) / 1e6;
  report.generator_cpu_us_per_unit = toMicros(end.own_cpu - begin.own_cpu) / count;
  if (begin.server.has_value() && end.server.has_value()) {
    const std::chrono::nanoseconds cpu = end.server->cpu - begin.server->cpu;
    report.server_use = ServerUse{.cpu_seconds = toSeconds(cpu),
                                  .cpu_us_per_unit = toMicros(cpu) / count,
                                  .cores = toSeconds(cpu) / seconds,
                                  .rss_bytes = end.server->rss_bytes,
                                  .peak_bytes = end.server->peak_bytes,
                                  .private_bytes = end.server->private_bytes};
  }
  return report;
}

std::optional<Beside> besideOf(const Options& options, std::uint64_t published, double seconds) {
  if (options.beside == 0) return std::nullopt;
  return Beside{.publishers = options.beside,
                .messages_per_second = static_cast<double>(published) / seconds};
}

Latency summarize(const Histogram& histogram) {
  return Latency{.count = histogram.count(),
                 .min_us = toMicros(histogram.min()),
                 .mean_us = toMicros(histogram.mean()),
                 .p50_us = toMicros(histogram.quantile(0.5)),
                 .p90_us = toMicros(histogram.quantile(0.9)),
                 .p99_us = toMicros(histogram.quantile(0.99)),
                 .p999_us = toMicros(histogram.quantile(0.999)),
                 .max_us = toMicros(histogram.max())};
}

std::string toText(const Report& report) {
  const std::string_view unit = unitOf(report);
  std::string text;
  addLine(text, report.mode,
          fmt::format("{} {}s in {:.2f} s at {}", grouped(static_cast<double>(report.units)), unit,
                      report.seconds, report.server));
  std::string rate = fmt::format("{} {}s/s, {:.1f} ns each", grouped(report.units_per_second), unit,
                                 report.ns_per_unit);
  if (report.size > 0) rate += fmt::format(", {:.1f} MB/s of payload", report.megabytes_per_second);
  addLine(text, "rate", rate);
  if (report.deliveries > 0) {
    addLine(text, "deliveries",
            fmt::format("{}, all complete", grouped(static_cast<double>(report.deliveries))));
  }
  if (report.latency->has_value()) addLatency(text, **report.latency);
  if (report.server_use->has_value()) addServerUse(text, **report.server_use, unit);
  if (report.per_connection->has_value()) {
    const ConnectionCost& cost = **report.per_connection;
    addLine(text, "each connection",
            fmt::format("{} bytes resident, {} bytes private", grouped(cost.rss_bytes),
                        grouped(cost.private_bytes)));
  }
  if (report.beside->has_value()) {
    addLine(text, "beside",
            fmt::format("{} busy publishers, {} messages/s", (**report.beside).publishers,
                        grouped((**report.beside).messages_per_second)));
  }
  addLine(text, "generator CPU",
          fmt::format("{:.3f} us a {}", report.generator_cpu_us_per_unit, unit));
  return text;
}

}  // namespace gannet::bench

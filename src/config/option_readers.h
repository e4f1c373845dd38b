#pragma once

#include "config/findings.h"
#include "config/options.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

// How the values of options are read. Every reader reports what is wrong and then leaves the option
// as it was. Spec: config-and-cli §2.3
namespace gannet::config {

void read(const Found& found, std::string& out, Findings& findings);
void read(const Found& found, std::int64_t& out, Findings& findings);
void read(const Found& found, bool& out, Findings& findings);

// A duration string, or a number of seconds, which earns a warning.
void read(const Found& found, std::chrono::nanoseconds& out, Findings& findings);

void read(const Found& found, WriteTimeout& out, Findings& findings);

// A duration string and nothing else.
[[nodiscard]] std::optional<std::chrono::nanoseconds> readDurationText(const Found& found,
                                                                       Findings& findings);

// A size that fits 31 bits.
void readSize(const Found& found, std::int64_t& out, Findings& findings);

struct HostPort {
  std::string host;
  std::int64_t port = 0;
};

// "host:port", ":port" or a port. Spec: config-and-cli §2.3, "listen"
[[nodiscard]] std::optional<HostPort> readListen(const Found& found, Findings& findings);

// Seconds as a number or a duration string. `context` stands before the reason in errors; above a
// minute there is a warning when `warns` says so.
struct SecondsRules {
  std::string_view context;  // "error parsing tls config, "
  bool warns = false;
};

// False after an error.
[[nodiscard]] bool readSeconds(const Found& found, const SecondsRules& rules, double& out,
                               Findings& findings);

}  // namespace gannet::config

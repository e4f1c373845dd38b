#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "server/state/session.h"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace gannet::server {

// Lines about one connection: "LABEL - TEXT". Its client causes them, so they are dropped where the
// log has no room.
//
// Threads  The session's shard.
// Cost     No allocation for a line that is off, dropped or left out.
// Spec     config-and-cli §7.6
template <class... Args>
void logOf(const Session& session, log::Level level, fmt::format_string<Args...> format,
           Args&&... args) {
  if (!log::admits(level)) return;
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  log::writeAdmitted(level, fmt::format("{} - {}", session.label(), text));
}

// As logOf(), but the same text at most once a second, whatever the connection.
template <class... Args>
void logOncePerSecond(const Session& session, log::Level level, fmt::format_string<Args...> format,
                      Args&&... args) {
  if (!log::admits(level)) return;
  std::string text = fmt::format(format, std::forward<Args>(args)...);
  std::string line = fmt::format("{} - {}", session.label(), text);
  log::writeAdmitted(level, std::move(line), std::move(text));
}

// What a client can do again and again, with a line each time.
enum class Repeated : std::uint8_t {
  publish_violation,
  subscription_violation,
  message_trace,
  slow_consumer,
};

inline constexpr std::size_t kRepeatedKinds = 4;

// How often a connection has had its line lately. Made for the first one.
struct LineLimits {
  struct Kind {
    MonoTime used_until{};       // each line takes a second's share of what may be logged
    std::uint64_t left_out = 0;  // since the latest line
  };

  std::array<Kind, kRepeatedKinds> kinds;
};

inline constexpr int kLinesAtOnce = 20;

// True if the session may have another line of this kind: kLinesAtOnce of them, then one a second.
// Says first how many were left out before it. To be asked before the line is put together.
[[nodiscard]] bool mayRepeat(Session& session, Repeated what);

// Says of each kind how many lines were left out at last: the session ends.
void logLeftOut(Session& session);

}  // namespace gannet::server

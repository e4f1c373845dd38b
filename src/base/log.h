#pragma once

#include <string_view>

#include <fmt/format.h>

// The server's log, in the reference's line format. Spec: config-and-cli §7.
//
// Threads  Any. A line is formatted on the caller's thread and written by the log's own.
namespace gannet::log {

enum class Level : unsigned char { info, warning, error, fatal, debug, trace };

// True while lines of `level` are written. Info, warning, error and fatal always are.
[[nodiscard]] bool enabled(Level level);

// Queues one line. Never blocks on the destination.
void write(Level level, std::string_view text);

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::info, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void warn(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::warning, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write(Level::error, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::debug)) write(Level::debug, fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void trace(fmt::format_string<Args...> format, Args&&... args) {
  if (enabled(Level::trace)) write(Level::trace, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace gannet::log

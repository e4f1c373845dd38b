#pragma once

#include "base/result.h"

#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// The server's log, in the reference's line format. Spec: config-and-cli §7.
//
// A caller formats and stamps the text; the log's one thread writes the lines, in the order in
// which they came. Before open() and after close() lines go to stderr at once, on the caller's
// thread.
//
// Threads  Any. open, reopen and close are for the thread that starts and ends the server.
// Cost     A line: some allocations, no lock, no wait. A line that is off or dropped: none.
// Full     While kQueueBytes wait, lines that clients cause are dropped and counted, and those of
//          debug and trace; the log says how many once it goes on. Other lines are rare and kept.
// Loses    Beyond these nothing, unless the destination takes nothing for kPatience when the log
//          moves, closes or reports a fatal error.
namespace gannet::log {

enum class Level : unsigned char { info, warning, error, fatal, debug, trace };

// Where the log goes and what it says. A named file comes before remote syslog, before syslog,
// before stderr.
struct Settings {
  std::string file;                   // empty: not to a file
  std::int64_t size_limit_bytes = 0;  // a larger file is rotated; 0: never
  int file_max_num = 0;               // log files kept, the live one included; 0: all
  bool syslog = false;
  std::string remote_syslog;   // udp://, tcp:// or unix://; empty: none
  std::string tag = "gannet";  // the program's name in syslog
  bool has_time = true;        // lines carry date and time,
  bool utc = false;            // in UTC rather than the local zone
  bool debug = false;
  bool trace = false;

  friend bool operator==(const Settings&, const Settings&) = default;
};

inline constexpr std::size_t kQueueBytes = std::size_t{8} << 20;  // some 40,000 lines
inline constexpr std::chrono::seconds kPatience(2);

// Starts the log, or moves a running one: lines before the call reach the old destination, and then
// `last_words`, at level info; lines after it the new one. A file that is too large already is
// rotated at once.
// Errors are the reference's texts ("error opening file: …"); then the log stays as it was, and
// nothing is said.
Result<void, Error> open(const Settings& settings, std::span<const std::string> last_words = {});

// Returns when every line written before the call is at its destination, or after kPatience.
void flush();

// Flushes and ends the log's thread; later lines go to stderr at once. A line that comes meanwhile
// may be lost.
void close();

// True while lines of `level` are written. Info, warning, error and fatal always are.
[[nodiscard]] bool enabled(Level level);

// True where a line of `level` that a client causes would be written. One that finds no room is
// counted as dropped: to be asked once a line, before it is put together.
[[nodiscard]] bool admits(Level level);

// Lines that found no room, or that a destination did not take in time.
[[nodiscard]] std::uint64_t dropped();

// Opens the file again by its name, after it was moved away, and says so in it; a log that is no
// file says that this changes nothing. Spec: config-and-cli §7.3
void reopen();

// Queues one line of the server's own. A fatal one is waited for.
void write(Level level, std::string text);

// Queues one line that was admitted. If there is a `statement`, lines with the same one are written
// at most once a second.
void writeAdmitted(Level level, std::string text, std::string statement = {});

// What the reference prints before it has a log: date, time and the text, on stderr.
void writePlain(std::string_view text);

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

// A line that a client can cause, or anybody else from outside: all that may come in numbers.
template <class... Args>
void client(Level level, fmt::format_string<Args...> format, Args&&... args) {
  if (admits(level)) writeAdmitted(level, fmt::format(format, std::forward<Args>(args)...));
}

// As client(), but the same `statement` at most once a second, whatever the `rest` of the line.
// Spec: config-and-cli §7.6
void oncePerSecond(Level level, const std::string& statement, std::string_view rest = {});

template <class... Args>
void debug(fmt::format_string<Args...> format, Args&&... args) {
  client(Level::debug, format, std::forward<Args>(args)...);
}

template <class... Args>
void trace(fmt::format_string<Args...> format, Args&&... args) {
  client(Level::trace, format, std::forward<Args>(args)...);
}

}  // namespace gannet::log

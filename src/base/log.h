#pragma once

#include "base/result.h"

#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The server's log, in the reference's line format. Spec: config-and-cli §7.
//
// Until open() lines go to stderr at once, on the caller's thread. From then on a caller only
// formats the text; the log's one thread stamps and writes the lines, in the order they came.
//
// Threads  Any. open, reopen and close are for the thread that starts and ends the server.
// Cost     A line: one copy into a queue slot. Debug and trace lines that are off: a relaxed load.
// Full     When kQueueLines wait, write() waits for the log's thread, whatever the level: a log
//          with holes misleads, and the reference waits for every single line.
// Loses    Nothing at a normal exit; what is queued when the process is killed or aborts.
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

inline constexpr std::size_t kQueueLines = 1024;  // about 400 KiB, touched when the log opens

// Starts the log, or moves a running one: lines before the call reach the old destination, and then
// `last_words`, at level info; lines after it the new one. A file that is too large already is
// rotated at once.
// Errors are the reference's texts ("error opening file: …"); then the log stays as it was, and
// nothing is said.
Result<void, Error> open(const Settings& settings, std::span<const std::string> last_words = {});

// Returns when every line written before the call is at its destination.
void flush();

// Flushes and ends the log's thread; later lines go to stderr at once.
void close();

// True while lines of `level` are written. Info, warning, error and fatal always are.
[[nodiscard]] bool enabled(Level level);

// Opens the file again by its name, after it was moved away, and says so in it; a log that is no
// file says that this changes nothing. Spec: config-and-cli §7.3
void reopen();

// Queues one line. A fatal one is at its destination when this returns.
void write(Level level, std::string_view text);

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

// True if `statement` may be logged: the same one at most once a second, whoever it is about.
// Spec: config-and-cli §7.6
[[nodiscard]] bool admitOncePerSecond(std::string_view statement);

// As warn(), but the same text at most once a second.
template <class... Args>
void warnOncePerSecond(fmt::format_string<Args...> format, Args&&... args) {
  const std::string text = fmt::format(format, std::forward<Args>(args)...);
  if (admitOncePerSecond(text)) write(Level::warning, text);
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

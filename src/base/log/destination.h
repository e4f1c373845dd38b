#pragma once

#include "base/log/line.h"

#include <memory>

namespace gannet::log {

// Where lines go. A destination that cannot write drops the line: there is nobody to tell.
//
// Threads  One at a time: the log's, where there is one.
class Destination {
 public:
  Destination() = default;
  virtual ~Destination() = default;
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  virtual void write(const Line& line) = 0;

  // Answers SIGUSR1 at `now`, also with the line that says what came of it.
  virtual void reopen(WallTime now);
};

// stderr, with colours where it is a character device.
[[nodiscard]] std::unique_ptr<Destination> stderrDestination(LineStyle style);

// Writes all of `bytes`, through short writes and signals, and waits for room until it is too late.
// False where that fails; errno says why.
bool writeAll(int fd, std::string_view bytes);

// After `patience` nothing is waited for any more: the log is to move or to end. An earlier end
// stays.
// Threads  Any, also while another one waits.
void giveUpAfter(std::chrono::nanoseconds patience);

// As at the start: destinations wait as long as it takes.
void neverGiveUp();

[[nodiscard]] bool isTooLate();

}  // namespace gannet::log

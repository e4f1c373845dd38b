#include "base/log/destination.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gannet::log {
namespace {

constexpr int kLookAgainMs = 50;

std::atomic<MonoTime>& theEnd() {
  static std::atomic<MonoTime> end{MonoTime::max()};
  return end;
}

// A pipe that nobody reads takes nothing, for ever.
bool awaitRoom(int fd) {
  pollfd writable{fd, POLLOUT, 0};
  while (::poll(&writable, 1, kLookAgainMs) <= 0) {
    if (isTooLate()) return false;
  }
  return true;
}

class StderrDestination : public Destination {
 public:
  explicit StderrDestination(const LineStyle& style) : style_(style) {}

  void write(const Line& line) override {
    writeAll(STDERR_FILENO, lineText(line, style_).append("\n"));
  }

 private:
  LineStyle style_;
};

}  // namespace

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty() && awaitRoom(fd)) {
    // A pipe that is ready takes so much without a wait.
    const ssize_t written =
        ::write(fd, bytes.data(), std::min<std::size_t>(bytes.size(), PIPE_BUF));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return bytes.empty();
}

void giveUpAfter(std::chrono::nanoseconds patience) {
  const MonoTime end = monoNow() + patience;
  for (MonoTime before = theEnd(); end < before && !theEnd().compare_exchange_weak(before, end);) {
  }
}

void neverGiveUp() {
  theEnd() = MonoTime::max();
}

bool isTooLate() {
  const MonoTime end = theEnd();
  return end != MonoTime::max() && monoNow() >= end;
}

void Destination::reopen(WallTime now) {
  write({Level::info, now, "File log re-open ignored, not a file logger"});
}

std::unique_ptr<Destination> stderrDestination(LineStyle style) {
  struct stat status {};

  style.coloured = ::fstat(STDERR_FILENO, &status) == 0 && S_ISCHR(status.st_mode);
  return std::make_unique<StderrDestination>(style);
}

}  // namespace gannet::log

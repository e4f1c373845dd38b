#include "base/log/destination.h"

#include <cerrno>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gannet::log {

bool writeAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      // Someone who shares our stderr made it non-blocking.
      pollfd writable{fd, POLLOUT, 0};
      if (::poll(&writable, 1, -1) < 0 && errno != EINTR) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

void Destination::reopen(WallTime now) {
  write({Level::info, now, "File log re-open ignored, not a file logger"});
}

void DescriptorDestination::write(const Line& line) {
  writeAll(fd_, lineText(line, style_).append("\n"));
}

std::unique_ptr<Destination> stderrDestination(LineStyle style) {
  struct stat status {};

  style.coloured = ::fstat(STDERR_FILENO, &status) == 0 && S_ISCHR(status.st_mode);
  return std::make_unique<DescriptorDestination>(STDERR_FILENO, style);
}

}  // namespace gannet::log

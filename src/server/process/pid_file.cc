#include "server/process/pid_file.h"

#include "base/errno_text.h"

#include <fmt/format.h>

#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace gannet::server {

Result<void, Error> writeWholeFile(const std::string& path, const std::string& content, int mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return Error{fmt::format("open {}: {}", path, errnoText(errno))};
  std::string_view rest = content;
  while (!rest.empty()) {
    const ssize_t size = ::write(fd, rest.data(), rest.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const int error = errno;
      ::close(fd);
      return Error{fmt::format("write {}: {}", path, errnoText(error))};
    }
    rest.remove_prefix(static_cast<std::size_t>(size));
  }
  ::close(fd);
  return {};
}

Result<void, Error> writePidFile(const std::string& path) {
  return writeWholeFile(path, std::to_string(::getpid()), 0600);
}

}  // namespace gannet::server

#include "config/language/read_file.h"

#include "base/errno_text.h"
#include "config/language/document.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace gannet::config {

Result<std::string, Error> readFile(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Error{fmt::format("open {}: {}", path, errnoText(errno))};
  std::string text;
  std::array<char, 65536> part{};
  for (;;) {
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      const int error = errno;
      ::close(fd);
      return Error{fmt::format("read {}: {}", path, errnoText(error))};
    }
    if (size == 0) break;
    text.append(part.data(), static_cast<std::size_t>(size));
    if (text.size() > kMaxFileSize) {
      ::close(fd);
      return Error{fmt::format("read {}: file too large", path)};
    }
  }
  ::close(fd);
  return text;
}

}  // namespace gannet::config

#include "base/machine/idle_time.h"

#include <cstdint>
#include <fstream>

#include <unistd.h>

namespace gannet {

std::optional<std::chrono::nanoseconds> machineIdleTime(const std::string& file) {
  std::ifstream stat(file);
  std::string name;
  std::int64_t user = 0;
  std::int64_t nice = 0;
  std::int64_t system = 0;
  std::int64_t idle = 0;
  std::int64_t io_wait = 0;
  if (!(stat >> name >> user >> nice >> system >> idle >> io_wait) || name != "cpu") {
    return std::nullopt;
  }
  return std::chrono::nanoseconds(std::chrono::seconds(idle + io_wait)) / sysconf(_SC_CLK_TCK);
}

}  // namespace gannet

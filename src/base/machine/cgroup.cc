#include "base/machine/cgroup.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include <sched.h>

namespace gannet {
namespace {

// The first number of a file; none for "max" and for -1, which both mean no limit.
std::optional<std::int64_t> numberIn(const std::string& path) {
  std::ifstream file(path);
  std::int64_t number = 0;
  if (file >> number && number > 0) return number;
  return std::nullopt;
}

// Version 2, "cpu.max": quota and period in microseconds.
std::optional<double> cpuMaxIn(const std::string& folder) {
  std::ifstream file(folder + "/cpu.max");
  double quota = 0;
  double period = 0;
  if (file >> quota >> period && quota > 0 && period > 0) return quota / period;
  return std::nullopt;
}

// Version 1: the same in two files.
std::optional<double> cpuQuotaIn(const std::string& folder) {
  const auto quota = numberIn(folder + "/cpu.cfs_quota_us");
  const auto period = numberIn(folder + "/cpu.cfs_period_us");
  if (!quota || !period) return std::nullopt;
  return static_cast<double>(*quota) / static_cast<double>(*period);
}

std::optional<std::int64_t> memoryMaxIn(const std::string& folder) {
  return numberIn(folder + "/memory.max");
}

std::optional<std::int64_t> memoryLimitIn(const std::string& folder) {
  return numberIn(folder + "/memory.limit_in_bytes");
}

template <class T>
void tighten(std::optional<T>& limit, std::optional<T> other) {
  if (other) limit = limit ? std::min(*limit, *other) : *other;
}

// The lowest of what `read` finds in `group` below `mount` and in the folders around it. Inside a
// container the mount often shows the container's own group as its root.
template <class Read>
auto lowestAround(const std::string& mount, std::string group, Read read) {
  auto lowest = read(mount);
  while (group.size() > 1) {
    tighten(lowest, read(mount + group));
    group.resize(group.rfind('/'));
  }
  return lowest;
}

// Whether the line "4:cpu,cpuacct:/path" is about that controller.
bool isAbout(const std::string& controllers, const std::string& name) {
  return ("," + controllers + ",").find("," + name + ",") != std::string::npos;
}

}  // namespace

CgroupLimits readCgroupLimits(const CgroupFiles& files) {
  CgroupLimits limits{memoryMaxIn(files.mount), cpuMaxIn(files.mount)};
  tighten(limits.memory_bytes, memoryLimitIn(files.mount + "/memory"));
  tighten(limits.cpus, cpuQuotaIn(files.mount + "/cpu"));
  std::ifstream membership(files.membership);
  for (std::string line; std::getline(membership, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(":/", first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      tighten(limits.memory_bytes, lowestAround(files.mount, group, memoryMaxIn));
      tighten(limits.cpus, lowestAround(files.mount, group, cpuMaxIn));
    } else if (isAbout(controllers, "memory")) {
      tighten(limits.memory_bytes, lowestAround(files.mount + "/memory", group, memoryLimitIn));
    } else if (isAbout(controllers, "cpu")) {
      tighten(limits.cpus, lowestAround(files.mount + "/cpu", group, cpuQuotaIn));
    }
  }
  return limits;
}

std::size_t usableCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  // Fails on machines with more cores than the set can name.
  const bool is_known = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0;
  const double cores = is_known ? CPU_COUNT(&allowed) : std::thread::hardware_concurrency();
  const double quota = std::ceil(readCgroupLimits().cpus.value_or(cores));
  return static_cast<std::size_t>(std::max(1.0, std::min(cores, quota)));
}

}  // namespace gannet

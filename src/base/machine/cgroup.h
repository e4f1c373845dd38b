#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gannet {

// What the control groups around this process allow it: those of a container, a systemd unit or a
// user's slice. Empty where there is no limit.
struct CgroupLimits {
  std::optional<std::int64_t> memory_bytes;
  std::optional<double> cpus;  // processor time a second of wall time, in cores
};

// Where the kernel shows them. Tests make their own.
struct CgroupFiles {
  std::string mount = "/sys/fs/cgroup";
  std::string membership = "/proc/self/cgroup";
};

// Reads versions 1 and 2 of the interface. The lowest limit from the process's own group up to the
// root counts; what cannot be read limits nothing.
[[nodiscard]] CgroupLimits readCgroupLimits(const CgroupFiles& files = {});

// How many cores this process can keep busy: those it may run on, and no more than its control
// groups' share of processor time. At least one.
[[nodiscard]] std::size_t usableCores();

}  // namespace gannet

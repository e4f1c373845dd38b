#pragma once

#include "base/result.h"

#include <string>

namespace gannet::server {

// Writes this process's id to `path`: digits, no newline, mode 0600 when created. It stays there
// after the end. Errors read as Go's: "open /x/pid: permission denied".
// Spec: config-and-cli §6.4
Result<void, Error> writePidFile(const std::string& path);

// Replaces the content of `path`, created with `mode`.
Result<void, Error> writeWholeFile(const std::string& path, const std::string& content, int mode);

}  // namespace gannet::server

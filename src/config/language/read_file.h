#pragma once

#include "base/result.h"

#include <string>

namespace gannet::config {

// The content of the file at `path`, at most kMaxFileSize bytes.
// Errors read as Go's: "open x.conf: no such file or directory".
Result<std::string, Error> readFile(const std::string& path);

}  // namespace gannet::config

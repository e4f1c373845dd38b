#pragma once

#include "base/result.h"
#include "config/findings.h"
#include "config/options.h"

#include <string>

namespace gannet::config {

// Puts what the file at `path` says over `options`, which keep what it does not mention. Findings
// are collected; a file that cannot be read or parsed is the error.
// Spec: config-and-cli §2
Result<Findings, Error> loadFile(const std::string& path, Options& options);

// The same for a parsed file.
void applyOptions(const Map& root, Options& options, Findings& findings);

}  // namespace gannet::config

#pragma once

#include "base/result.h"
#include "config/options.h"

#include <string>
#include <vector>

namespace gannet::config {

// What a reload does, as the lines to log: "Reloaded: max_payload = 1000".
struct ReloadPlan {
  std::vector<std::string> lines;
  bool changes_logging = false;       // where the log goes, or what it says
  bool changes_pinned_certs = false;  // connected clients may have to go
};

// Compares the options in force with those just read. The error names the first change that a
// running server cannot make. Spec: config-and-cli §8.3, §8.4
Result<ReloadPlan, Error> planReload(const Options& before, const Options& after);

}  // namespace gannet::config

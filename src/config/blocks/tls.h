#pragma once

#include "config/findings.h"
#include "config/options.h"

namespace gannet::config {

// Reads `tls { … }` of the client port and checks the files it names. Ends at the first problem,
// as the reference does. Spec: config-and-cli §3.8
void readTls(const Found& found, Options& out, Findings& findings);

}  // namespace gannet::config

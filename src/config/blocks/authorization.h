#pragma once

#include "config/findings.h"
#include "config/options.h"

namespace gannet::config {

// Reads `authorization { … }` with one user or one token; lists of users and permissions are
// refused. Spec: config-and-cli §3.2
void readAuthorization(const Found& found, Options& out, Findings& findings);

}  // namespace gannet::config

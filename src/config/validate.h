#pragma once

#include "base/result.h"
#include "config/options.h"

namespace gannet::config {

// What must hold between options once flags and defaults are in. Not part of `-t`.
// Errors are the reference's texts. Spec: config-and-cli §4
Result<void, Error> validate(const Options& options);

}  // namespace gannet::config

#pragma once

#include "base/result.h"
#include "config/options.h"

namespace gannet::config {

// Reads the certificates, keys and roots that `tls` names, as a check: what is wrong with them is
// told by `-t` and before anything of a running server changes. Puts the digest of what they hold
// into `tls`. Errors are the reference's texts.
// Spec: config-and-cli §3.8
Result<void, Error> checkTlsFiles(TlsOptions& tls);

}  // namespace gannet::config

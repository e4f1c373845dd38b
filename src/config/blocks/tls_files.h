#pragma once

#include "base/result.h"
#include "config/options.h"

namespace gannet::config {

// Reads the certificates, keys and roots that `tls` names and keeps them in it, so that what was
// checked is what serves. Refuses what no handshake could use. PEM is read as the reference reads
// it: blocks that are damaged or of another type are skipped, the rest counts.
// Errors  The reference's texts, where it has one.
// Spec    config-and-cli §3.8
Result<void, Error> loadTlsFiles(TlsOptions& tls);

}  // namespace gannet::config

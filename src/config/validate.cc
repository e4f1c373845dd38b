#include "config/validate.h"

#include "base/go_quote.h"
#include "config/language/go_duration.h"
#include "config/later/blocks.h"
#include "config/later/must_staple.h"

#include <fmt/format.h>

namespace gannet::config {

Result<void, Error> validate(const Options& options) {
  if (options.lame_duck_grace_period >= options.lame_duck_duration) {
    return Error{fmt::format(
        "lame duck grace period ({}) should be strictly lower than lame duck duration ({})",
        formatDuration(options.lame_duck_grace_period),
        formatDuration(options.lame_duck_duration))};
  }
  if (options.max_payload > options.max_pending) {
    return Error{fmt::format("max_payload ({}) cannot be higher than max_pending ({})",
                             options.max_payload, options.max_pending)};
  }
  if (options.server_name.find(' ') != std::string::npos) {
    return Error{"server name cannot contain spaces"};
  }
  if (const auto fault = faultOfClusterName(options.cluster_name); !fault.empty()) {
    return Error{std::string(fault)};
  }
  // Unless they are told not to, servers staple a certificate that asks for it.
  const auto& certificates = options.tls.certificates;
  if (!options.is_stapling_off && !certificates.empty() &&
      mustStaple(certificates.front().cert_file)) {
    return Error{refusal(goQuote(certificates.front().cert_file), Part::ocsp)};
  }
  // Accounts other than the usual ones would have to be defined first.
  if (!options.system_account.empty()) {
    return Error{"error resolving system account: account missing"};
  }
  return {};
}

}  // namespace gannet::config

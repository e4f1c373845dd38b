#include "config/validate.h"

#include "config/language/go_duration.h"

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
  return {};
}

}  // namespace gannet::config

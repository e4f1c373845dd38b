#pragma once

#include <string>
#include <string_view>

namespace gannet::config {

// What --help prints. `program` is the name the server was started by.
// Spec: config-and-cli §5.3
[[nodiscard]] std::string helpText(std::string_view program);

// What --help_tls prints.
[[nodiscard]] std::string tlsHelpText();

}  // namespace gannet::config

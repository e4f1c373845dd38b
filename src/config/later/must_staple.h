#pragma once

#include <string>

namespace gannet::config {

// True if the first certificate of a PEM file asks servers to staple its state (RFC 7633). Clients
// that hold to it refuse a server that does not. False for a file that cannot be read.
[[nodiscard]] bool mustStaple(const std::string& cert_file);

}  // namespace gannet::config

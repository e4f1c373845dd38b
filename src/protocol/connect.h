#pragma once

#include "base/result.h"

#include <boost/describe/class.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::protocol {

// What a client asks for in CONNECT. The defaults are those of a client that never sent one.
// Spec: client-protocol §2.6
struct ConnectOptions {
  bool verbose = true;        // +OK after each operation
  bool pedantic = true;       // check the subjects of publishes
  bool echo = true;           // receive own messages
  bool tls_required = false;  // has no effect
  bool headers = false;
  bool no_responders = false;
  bool new_account = false;   // refused if set
  std::int64_t protocol = 0;  // 1: accepts INFO after the first one; others are refused
  std::string nkey;
  std::string jwt;
  std::string sig;
  std::string auth_token;
  std::string user;
  std::string pass;
  std::string name;
  std::string lang;
  std::string version;
  std::string account;  // refused if set
  std::string proxy_sig;
};
BOOST_DESCRIBE_STRUCT(ConnectOptions, (),
                      (verbose, pedantic, echo, tls_required, headers, no_responders, new_account,
                       protocol, nkey, jwt, sig, auth_token, user, pass, name, lang, version,
                       account, proxy_sig))

// Decodes the argument of CONNECT on top of `current`: what it leaves out or gives as null stays.
//
// Errors  Anything but one JSON object or null, and values of a wrong type; `current` is unchanged.
// Spec    client-protocol §2.5, §2.6
[[nodiscard]] Result<void, Error> decodeConnect(std::string_view json, ConnectOptions& current);

}  // namespace gannet::protocol

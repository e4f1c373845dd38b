#pragma once

#include <string>

namespace gannet::auth {

// A fresh public key in the text form of nkeys: one letter for the kind, 56 characters in all. The
// private half is dropped: it only names this run of the server.
// Spec  accounts-and-auth (nkeys), client-protocol §3.1
[[nodiscard]] std::string newServerKey();  // N…, Ed25519
[[nodiscard]] std::string newCurveKey();   // X…, Curve25519

}  // namespace gannet::auth

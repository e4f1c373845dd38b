#pragma once

#include <string>

namespace gannet::auth {

class PermissionSet;

// Whom a connection speaks for, as far as it has said, and what it may do.
struct Identity {
  // What a connection is from its accept on: anonymous, with everyones() permissions.
  Identity();

  std::string user;   // as monitoring and services show it; empty: anonymous
  std::string label;  // as log lines show it: "user:bob", "token"; empty: anonymous or refused
  const PermissionSet* permissions;  // never null; outlives the connection
};

}  // namespace gannet::auth

#pragma once

#include <string>
#include <string_view>

namespace gannet::auth {

// One token, or one user with a password. Empty: none is asked for.
struct Credentials {
  std::string user;
  std::string password;
  std::string token;

  friend bool operator==(const Credentials&, const Credentials&) = default;
};

// True if `secret` is taken for a bcrypt hash, to be checked by checkSecret() away from a shard's
// thread: "$2", one of a, b, x and y, "$", two digits, "$". Anything else is a plain secret, such
// as
// "$2a$secret"; a broken hash behind such a start lets nobody in.
// Spec: accounts-and-auth
[[nodiscard]] bool isBcrypt(std::string_view secret);

// Compares what a client gave with the configured secret, plain or bcrypt, in constant time.
// Cost  A bcrypt hash takes 50 ms and more by design.
[[nodiscard]] bool checkSecret(const std::string& configured, const std::string& given);

// True if `given` satisfies `configured`.
[[nodiscard]] bool matches(const Credentials& configured, const Credentials& given);

// True if checking against `configured` is too slow for a shard's thread.
[[nodiscard]] bool isSlow(const Credentials& configured);

}  // namespace gannet::auth

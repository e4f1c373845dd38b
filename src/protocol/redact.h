#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What a client sent, as people may read it: every text that quotes a client comes through here,
// whatever its level and its place: lines of the log, -ERR, /connz and records of closed
// connections, traces. Any bytes are taken.
//
// Cost  One pass.
// Spec  config-and-cli §7.7
namespace gannet::protocol {

inline constexpr std::string_view kRedacted = "[REDACTED]";

// `sent` without secrets: a subject, a name, a payload, what the server made sense of. Replaced are
//
//   - the values of JSON fields whose name starts with pass or auth_token, and of sig, proxy_sig,
//     nkey and jwt, in any case of letters and with escapes, as the decoder of CONNECT reads them.
//     A text may begin or end anywhere, within a value too: what has no end is replaced to its end;
//   - user and password in a URL: nats://[REDACTED]@host.
[[nodiscard]] std::string redact(std::string_view sent);

// The same of bytes that made no sense, or only as a whole to their receiver: the argument of a
// CONNECT, a line that is no operation. Such a name counts without quotes and with '=' too, as do
// `Authorization:`, a line that is a password command of another protocol (AUTH, PASS), and
// `user:password@` without a scheme.
[[nodiscard]] std::string redactUnparsed(std::string_view sent);

// As redactUnparsed(sent).substr(from, size), but `from` and `size` count in `sent`: a secret that
// begins before `from` or ends behind the part is known for one.
[[nodiscard]] std::string redactUnparsed(std::string_view sent, std::size_t from, std::size_t size);

// redact() in quotes, as logs and -ERR texts show it. See base/go_quote.h.
[[nodiscard]] std::string quoteSent(std::string_view sent);

// redactUnparsed() in quotes.
[[nodiscard]] std::string quoteUnparsed(std::string_view sent);
[[nodiscard]] std::string quoteUnparsed(std::string_view sent, std::size_t from, std::size_t size);

}  // namespace gannet::protocol

#include "bench/flags.h"

#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace gannet::bench {
namespace {

constexpr std::uint64_t kMaxNumber = 1'000'000'000'000'000;
constexpr double kMaxSeconds = 86400;
constexpr std::size_t kMaxConnections = 1'000'000;
constexpr std::size_t kMaxSubjects = 1'000'000;
constexpr std::size_t kMaxThreads = 64;
constexpr std::size_t kMaxPayload = 64UL << 20U;  // the largest max_payload a server accepts

constexpr Modes kPub = bitOf(Mode::pub);
constexpr Modes kSubscribed = bitOf(Mode::fanout) | bitOf(Mode::queue) | bitOf(Mode::pubsub);
constexpr Modes kStreams = kPub | kSubscribed;
constexpr Modes kRequest = bitOf(Mode::request);
constexpr Modes kPing = bitOf(Mode::ping);
constexpr Modes kTimed = kStreams | kRequest | kPing;
constexpr Modes kIdle = bitOf(Mode::idle);
constexpr Modes kConnect = bitOf(Mode::connect);
constexpr Modes kAll = kTimed | kIdle | kConnect;

Result<std::uint64_t, Error> parseScaled(std::string_view text, std::uint64_t kilo) {
  std::uint64_t number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  std::uint64_t factor = 1;
  if (unit == "k" || unit == "K") {
    factor = kilo;
  } else if (unit == "m" || unit == "M") {
    factor = kilo * kilo;
  } else if (unit == "g" || unit == "G") {
    factor = kilo * kilo * kilo;
  } else if (!unit.empty()) {
    return Error{"expected a number, with k, m or g behind it if you like"};
  }
  if (error != std::errc{}) return Error{"expected a number"};
  if (number > kMaxNumber / factor) return Error{"the number is too large"};
  return number * factor;
}

// A whole number from `least` to `most`.
Result<void, Error> setNumber(std::size_t& target, std::string_view text, std::size_t least,
                              std::size_t most) {
  const auto number = parseCount(text);
  if (!number) return number.error();
  if (*number < least || *number > most) {
    return Error{"expected " + std::to_string(least) + " to " + std::to_string(most)};
  }
  target = static_cast<std::size_t>(*number);
  return {};
}

Result<void, Error> setBytes(std::size_t& target, std::string_view text, std::size_t most) {
  const auto number = parseBytes(text);
  if (!number) return number.error();
  if (*number > most) return Error{"expected at most " + std::to_string(most) + " bytes"};
  target = *number;
  return {};
}

Result<void, Error> setText(std::string& target, std::string_view text) {
  if (text.empty()) return Error{"expected a text"};
  target = text;
  return {};
}

Result<void, Error> setSubject(std::string& target, std::string_view text) {
  if (text.find_first_of(" \t\r\n*>") != std::string_view::npos || text.size() > 200) {
    return Error{"expected a subject without blanks or wildcards, of at most 200 bytes"};
  }
  return setText(target, text);
}

Result<void, Error> setDuration(std::chrono::nanoseconds& target, std::string_view text) {
  const auto duration = parseDuration(text);
  if (!duration) return duration.error();
  target = *duration;
  return {};
}

Result<void, Error> setSeconds(Options& options, std::string_view text) {
  const auto set = setDuration(options.duration, text);
  if (set.has_value() && options.duration.count() == 0) return Error{"expected more than nothing"};
  return set;
}

Result<void, Error> setServer(Options& options, std::string_view text) {
  auto address = parseAddress(text);
  if (!address) return address.error();
  options.server = std::move(*address);
  return {};
}

Result<void, Error> setRate(Options& options, std::string_view text) {
  const auto number = parseCount(text);
  if (!number) return number.error();
  options.rate = static_cast<double>(*number);
  return {};
}

Result<void, Error> setLastToken(Options& options, std::string_view text) {
  if (text != "same" && text != "new") return Error{"expected \"same\" or \"new\""};
  options.topology.last_token = text == "same" ? LastToken::same : LastToken::fresh;
  return {};
}

Result<void, Error> setPid(Options& options, std::string_view text) {
  std::size_t pid = 0;
  const auto set = setNumber(pid, text, 1, 1U << 22U);
  if (set.has_value()) options.pid = static_cast<int>(pid);
  return set;
}

constexpr std::array kFlags = {
    Flag{"server", "ADDRESS", "host:port, nats://host:port or unix:/path (127.0.0.1:4222)", kAll,
         &setServer},
    Flag{"url", "ADDRESS", "the same as --server", kAll, &setServer},
    Flag{"user", "NAME", "user name", kAll,
         [](Options& o, std::string_view v) { return setText(o.credentials.user, v); }},
    Flag{"password", "TEXT", "password", kAll,
         [](Options& o, std::string_view v) { return setText(o.credentials.password, v); }},
    Flag{"token", "TEXT", "authentication token", kAll,
         [](Options& o, std::string_view v) { return setText(o.credentials.token, v); }},
    Flag{"msgs", "N", "messages, requests or PINGs to send, all connections together", kTimed,
         [](Options& o, std::string_view v) { return setNumber(o.msgs, v, 1, kMaxNumber); }},
    Flag{"seconds", "T", "stop after this time (5 when --msgs is not given)", kTimed, &setSeconds},
    Flag{"warmup", "T", "load the server this long before measuring (0)", kTimed,
         [](Options& o, std::string_view v) { return setDuration(o.warmup, v); }},
    Flag{"size", "BYTES", "payload (0)", kStreams | kRequest,
         [](Options& o, std::string_view v) { return setBytes(o.topology.size, v, kMaxPayload); }},
    Flag{"publishers", "N", "publishing or requesting connections", kStreams | kRequest,
         [](Options& o, std::string_view v) {
           return setNumber(o.topology.publishers, v, 1, kMaxConnections);
         }},
    Flag{"subscribers", "N", "subscribed or replying connections", kSubscribed | kRequest,
         [](Options& o, std::string_view v) {
           return setNumber(o.topology.subscribers, v, 1, kMaxConnections);
         }},
    Flag{"subjects", "N", "subjects, dealt to publishers and to subscribers (1)", kStreams,
         [](Options& o, std::string_view v) {
           return setNumber(o.topology.subjects, v, 1, kMaxSubjects);
         }},
    Flag{"subject", "NAME", "the subject, or what several begin with (bench)", kTimed | kIdle,
         [](Options& o, std::string_view v) { return setSubject(o.topology.subject, v); }},
    Flag{"last-token", "same|new", "publish to SUBJECT.TOKEN and subscribe to SUBJECT.*", kStreams,
         &setLastToken},
    Flag{"rate", "N", "messages a second, all publishers together (no limit)", kStreams | kRequest,
         &setRate},
    Flag{"window", "BYTES", "let at most this much be on its way to subscribers (8m)", kSubscribed,
         [](Options& o, std::string_view v) { return setBytes(o.window, v, 1UL << 30U); }},
    Flag{"threads", "N", "threads of the generator (1)", kStreams,
         [](Options& o, std::string_view v) { return setNumber(o.threads, v, 1, kMaxThreads); }},
    Flag{"concurrency", "N", "requests, or connects, under way at once",
         kRequest | kIdle | kConnect,
         [](Options& o, std::string_view v) {
           return setNumber(o.concurrency, v, 1, kMaxConnections);
         }},
    Flag{"connections", "N", "connections to open (1000)", kIdle | kConnect,
         [](Options& o, std::string_view v) {
           return setNumber(o.connections, v, 1, kMaxConnections);
         }},
    Flag{"beside", "N", "meanwhile so many other publishers write all that the server takes (0)",
         kRequest | kPing,
         [](Options& o, std::string_view v) { return setNumber(o.beside, v, 0, kMaxConnections); }},
    Flag{"tls", "", "encrypt; any certificate of the server is good", kAll,
         [](Options& o, std::string_view) -> Result<void, Error> {
           o.is_tls = true;
           return {};
         }},
    Flag{"tls-ca", "FILE", "with --tls: the certificate must be signed by one of these", kAll,
         [](Options& o, std::string_view v) { return setText(o.tls_ca, v); }},
    Flag{"pid", "PID", "the server's process: report its CPU and memory", kAll, &setPid},
    Flag{"json", "", "print one line of JSON", kAll,
         [](Options& o, std::string_view) -> Result<void, Error> {
           o.is_json = true;
           return {};
         }},
};

}  // namespace

std::span<const Flag> flags() {
  return kFlags;
}

Result<std::uint64_t, Error> parseCount(std::string_view text) {
  return parseScaled(text, 1000);
}

Result<std::size_t, Error> parseBytes(std::string_view text) {
  return parseScaled(text, 1024);
}

Result<std::chrono::nanoseconds, Error> parseDuration(std::string_view text) {
  double number = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  const std::string_view unit(end, static_cast<std::size_t>(last - end));
  double seconds = number;
  if (unit == "ms") {
    seconds = number / 1000;
  } else if (unit == "m") {
    seconds = number * 60;
  } else if (!unit.empty() && unit != "s") {
    return Error{"expected a duration such as 5s, 200ms or 2m"};
  }
  if (error != std::errc{} || !std::isfinite(seconds) || seconds < 0) {
    return Error{"expected a duration such as 5s, 200ms or 2m"};
  }
  if (seconds > kMaxSeconds) return Error{"expected at most a day"};
  return std::chrono::nanoseconds{static_cast<std::int64_t>(seconds * 1e9)};
}

}  // namespace gannet::bench

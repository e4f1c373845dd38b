#include "server/state/session_log.h"

#include "server/state/shard.h"

#include <algorithm>
#include <memory>

namespace gannet::server {
namespace {

constexpr std::chrono::nanoseconds kShare = std::chrono::seconds(1);

// How a kind's lines begin, and their level.
struct Name {
  std::string_view text;
  log::Level level;
};

constexpr std::array<Name, kRepeatedKinds> kNames{{
    {"Publish Violation", log::Level::error},
    {"Subscription Violation", log::Level::error},
    {"Message Trace", log::Level::error},
    {"Slow Consumer", log::Level::info},
}};

void sayLeftOut(Session& session, std::size_t kind) {
  std::uint64_t& count = session.line_limits->kinds.at(kind).left_out;
  if (count == 0) return;
  logOf(session, kNames.at(kind).level, "{}: {} more were left out", kNames.at(kind).text, count);
  count = 0;
}

}  // namespace

bool mayRepeat(Session& session, Repeated what) {
  if (session.line_limits == nullptr) session.line_limits = std::make_unique<LineLimits>();
  const auto index = static_cast<std::size_t>(what);
  LineLimits::Kind& kind = session.line_limits->kinds.at(index);
  const MonoTime now = session.shard->loop.now();
  if (kind.used_until - now > kShare * (kLinesAtOnce - 1)) {
    ++kind.left_out;
    return false;
  }
  kind.used_until = std::max(kind.used_until, now) + kShare;
  sayLeftOut(session, index);
  return true;
}

void logLeftOut(Session& session) {
  if (session.line_limits == nullptr) return;
  for (std::size_t kind = 0; kind < kRepeatedKinds; ++kind)
    sayLeftOut(session, kind);
}

}  // namespace gannet::server

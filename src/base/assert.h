#pragma once

namespace gannet {

// Prints what failed and where, then aborts. Never returns.
[[noreturn]] void assertionFailed(const char* condition, const char* file, int line);

}  // namespace gannet

// Stays on in release. For what only a bug of ours can break: never for bytes, JSON, configuration,
// files or peers.
#define GANNET_ASSERT(condition)                       \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::gannet::assertionFailed(#condition, __FILE__, __LINE__))

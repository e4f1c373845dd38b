#pragma once

#include <chrono>

namespace gannet {

// The two clocks. Below server/ a time is an argument; only the loops of net/ and the parts of
// server/ that stamp what people read ask for one.
using MonoTime = std::chrono::steady_clock::time_point;
using WallTime = std::chrono::system_clock::time_point;

// For intervals and deadlines.
[[nodiscard]] MonoTime monoNow();

// For what people and other machines read.
[[nodiscard]] WallTime wallNow();

}  // namespace gannet

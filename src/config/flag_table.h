#pragma once

#include "config/options.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace gannet::config {

// What a flag's value is; a boolean one may stand without.
enum class FlagKind : std::uint8_t { text, integer, boolean };

// One flag under one of its names.
struct FlagRow {
  std::string_view name;
  FlagKind kind = FlagKind::text;

  // Sets the option; null for flags that parseCommandLine() itself or the TLS flags together
  // handle, and for unavailable ones.
  void (*apply)(Options& options, std::string_view text, std::int64_t number) = nullptr;

  std::string_view unavailable{};  // the option it would set, of a part that is not built yet
};

// Spec: config-and-cli §5.1
[[nodiscard]] std::span<const FlagRow> flagTable();

// Null if there is no such flag.
[[nodiscard]] const FlagRow* findFlag(std::string_view name);

}  // namespace gannet::config

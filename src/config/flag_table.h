#pragma once

#include "config/options.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gannet::config {

// What a flag's value is; a boolean one may stand without.
enum class FlagKind : std::uint8_t { text, integer, boolean };

// One flag under one of its names.
struct FlagRow {
  std::string_view name;
  FlagKind kind = FlagKind::text;

  // Sets the option; null for flags that parseCommandLine() itself or the TLS flags together
  // handle, and for those that mean something with a cluster only.
  void (*apply)(Options& options, std::string_view text, std::int64_t number) = nullptr;

  // The part that is not built yet and that the flag asks for, unless its value is empty or zero.
  std::optional<Part> part = std::nullopt;
  bool is_switch = false;  // such a value switches the part off, whatever the file says
};

// Spec: config-and-cli §5.1
[[nodiscard]] std::span<const FlagRow> flagTable();

// As it is typed, and as the help names it: "-js", "--profile".
[[nodiscard]] std::string typedName(const FlagRow& row);

// Null if there is no such flag.
[[nodiscard]] const FlagRow* findFlag(std::string_view name);

}  // namespace gannet::config

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Bytes as Go's encoding/json shows them: base64 of the usual alphabet, with padding.
namespace gannet::json {

using Bytes = std::vector<std::uint8_t>;

// Appends `bytes`, without quotes.
void appendBase64(std::string& out, const Bytes& bytes);

// Nothing where `text` is no base64.
[[nodiscard]] std::optional<Bytes> parseBase64(std::string_view text);

}  // namespace gannet::json

#pragma once

#include "server/message/publication.h"

#include <string_view>

namespace gannet::server {

// Why the server speaks. As in the reference, the line of an event, which nobody asked for, keeps
// the place of the reply that it has none of: two blanks.
enum class Occasion : std::uint8_t { answer, event };

// A publication with its bytes: what the server itself says, or what must be kept.
class OwnedPublication {
 public:
  // `headers` is a whole header block, or empty. Its view belongs to no account yet.
  OwnedPublication(Occasion occasion, std::string_view subject, std::string_view reply,
                   std::string_view headers, std::string_view payload);

  // A copy, to be routed later or elsewhere.
  explicit OwnedPublication(const Publication& message);

  // Views into this object. Whoever published it is known by its id only.
  [[nodiscard]] Publication view() const;

 private:
  struct Piece {
    std::size_t at = 0;
    std::size_t size = 0;
  };

  Piece append(std::string_view text);

  PaddedText bytes_;
  Piece subject_;
  Piece shown_as_;
  Piece reply_;
  Piece tail_;
  Piece body_;
  Publication rest_;  // all but the views
};

}  // namespace gannet::server

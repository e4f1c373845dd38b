#pragma once

#include <cstdint>
#include <string_view>

#include "base/buffer.h"
#include "server/session_id.h"
#include "server/subscription.h"

namespace gannet::server {

// A message on its way: where it lies and how its MSG line ends. Everything is a view that holds
// during one delivery.
struct Message {
  std::string_view subject;
  std::string_view reply;
  std::string_view header_text;  // digits; empty without headers
  std::string_view size_text;    // digits of headers and payload together
  std::string_view body;         // headers, payload and the final CR LF
  std::uint32_t header_size = 0;
  // The bits for which this message leaves the straight path.
  std::uint8_t special_mask = special::kAll & static_cast<std::uint8_t>(~special::kHeaderless);
  Buffer* owner = nullptr;  // what `body` lies in; null: it must be copied
  Session* from = nullptr;  // null if it was published elsewhere
  SessionId from_id;

  [[nodiscard]] std::size_t payloadAndHeaderSize() const { return body.size() - 2; }
};

}  // namespace gannet::server

#pragma once

#include "base/buffer.h"
#include "server/delivery/subscription.h"
#include "server/session/session_id.h"

#include <cstdint>
#include <string_view>

namespace gannet::server {

// A message on its way: where it lies and how its MSG line ends. Everything is a view that holds
// during one delivery; kReadSlack bytes behind `tail` and `body` are readable.
struct Message {
  std::string_view subject;
  std::string_view reply;
  std::string_view tail;  // "[reply ][header_size ]size\r\n"
  std::string_view body;  // headers, payload and the final CR LF; may follow `tail` directly
  std::uint32_t header_size = 0;
  // The bits for which this message leaves the straight path.
  std::uint8_t special_mask = special::kAll & static_cast<std::uint8_t>(~special::kHeaderless);
  Buffer* owner = nullptr;  // what `body` lies in; null: it must be copied
  Session* from = nullptr;  // null if it was published elsewhere
  SessionId from_id;

  // Bytes of headers and payload.
  [[nodiscard]] std::size_t size() const { return body.size() - 2; }

  // True if tail and body can be copied as one.
  [[nodiscard]] bool isContiguous() const { return tail.data() + tail.size() == body.data(); }
};

}  // namespace gannet::server

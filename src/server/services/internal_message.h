#pragma once

#include "server/delivery/message.h"

#include <string>
#include <string_view>

namespace gannet::server {

// Why the server speaks. As in the reference, the line of an event, which nobody asked for, keeps
// the place of the reply that it has none of: two blanks.
enum class Occasion : std::uint8_t { answer, event };

// A message that the server itself makes: owns the bytes that its Message refers to.
class InternalMessage {
 public:
  // `headers` is a whole header block, or empty.
  InternalMessage(Occasion occasion, std::string_view subject, std::string_view reply,
                  std::string_view headers, std::string_view payload);

  // A copy of `message`, to be delivered later or elsewhere.
  explicit InternalMessage(const Message& message);

  // Views into this object.
  [[nodiscard]] Message view() const;

 private:
  void append(std::string_view subject, std::string_view reply, std::string_view tail);

  std::string bytes_;  // subject, reply, tail, body, and slack to read beyond
  std::size_t subject_size_ = 0;
  std::size_t reply_size_ = 0;
  std::size_t tail_size_ = 0;
  std::size_t body_size_ = 0;
  std::uint32_t header_size_ = 0;
  SessionId from_id_;
};

}  // namespace gannet::server

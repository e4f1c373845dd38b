#include "server/message/owned_publication.h"

#include <fmt/format.h>

#include <string>

namespace gannet::server {

OwnedPublication::OwnedPublication(Occasion occasion, std::string_view subject,
                                   std::string_view reply, std::string_view headers,
                                   std::string_view payload) {
  std::string tail(reply);
  if (!reply.empty() || occasion == Occasion::event) tail += ' ';
  if (!headers.empty()) tail += fmt::format("{} ", headers.size());
  tail += fmt::format("{}\r\n", headers.size() + payload.size());
  subject_ = append(subject);
  reply_ = append(reply);
  tail_ = append(tail);
  body_ = append(headers);
  body_.size += append(payload).size + append("\r\n").size;
  bytes_.seal();
  rest_.setHeaderSize(static_cast<std::uint32_t>(headers.size()));
}

OwnedPublication::OwnedPublication(const Publication& message)
    : subject_(append(message.subject)),
      shown_as_(append(message.shown_as)),
      reply_(append(message.reply)),
      tail_(append(message.tail.view())),
      body_(append(message.body.view())) {
  bytes_.seal();
  rest_.account = message.account;
  rest_.setHeaderSize(message.header_size);
  rest_.hops = message.hops;
  rest_.ask = message.ask;
  rest_.from_id = message.from_id;
}

OwnedPublication::Piece OwnedPublication::append(std::string_view text) {
  return {bytes_.append(text), text.size()};
}

Publication OwnedPublication::view() const {
  const auto piece = [this](const Piece& part) { return bytes_.view(part.at, part.size); };
  Publication message = rest_;
  message.subject = piece(subject_).view();
  message.shown_as = piece(shown_as_).view();
  message.reply = piece(reply_).view();
  message.tail = piece(tail_);
  message.body = piece(body_);
  return message;
}

}  // namespace gannet::server

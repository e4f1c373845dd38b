#include "server/services/internal_message.h"

#include "server/shards/worker.h"

#include <fmt/format.h>

namespace gannet::server {

InternalMessage::InternalMessage(Occasion occasion, std::string_view subject,
                                 std::string_view reply, std::string_view headers,
                                 std::string_view payload)
    : header_size_(static_cast<std::uint32_t>(headers.size())) {
  std::string tail(reply);
  if (!reply.empty() || occasion == Occasion::event) tail += ' ';
  if (!headers.empty()) tail += fmt::format("{} ", headers.size());
  tail += fmt::format("{}\r\n", headers.size() + payload.size());
  append(subject, reply, tail);
  body_size_ = headers.size() + payload.size() + 2;
  bytes_.append(headers).append(payload).append("\r\n");
  bytes_.append(Worker::kReadSlack, '\0');
}

InternalMessage::InternalMessage(const Message& message)
    : body_size_(message.body.size()),
      header_size_(message.header_size),
      from_id_(message.from_id) {
  append(message.subject, message.reply, message.tail);
  bytes_.append(message.body).append(Worker::kReadSlack, '\0');
}

void InternalMessage::append(std::string_view subject, std::string_view reply,
                             std::string_view tail) {
  subject_size_ = subject.size();
  reply_size_ = reply.size();
  tail_size_ = tail.size();
  bytes_.append(subject).append(reply).append(tail);
}

Message InternalMessage::view() const {
  const std::string_view all = bytes_;
  Message message;
  message.subject = all.substr(0, subject_size_);
  message.reply = all.substr(subject_size_, reply_size_);
  message.tail = all.substr(subject_size_ + reply_size_, tail_size_);
  message.body = all.substr(subject_size_ + reply_size_ + tail_size_, body_size_);
  message.header_size = header_size_;
  if (header_size_ > 0) message.special_mask = special::kAll;
  message.from_id = from_id_;
  return message;
}

}  // namespace gannet::server

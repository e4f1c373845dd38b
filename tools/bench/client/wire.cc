#include "bench/client/wire.h"

#include "base/json.h"

#include <boost/describe/class.hpp>

#include <array>
#include <charconv>

namespace gannet::bench {
namespace {

struct ConnectOptions {
  bool verbose = false;
  bool pedantic = false;
  json::Omit<std::string> user;
  json::Omit<std::string> pass;
  json::Omit<std::string> auth_token;
  std::string name = "gannet-bench";
  std::string lang = "c++";
  std::string version = "1";
  int protocol = 1;
};
BOOST_DESCRIBE_STRUCT(ConnectOptions, (),
                      (verbose, pedantic, user, pass, auth_token, name, lang, version, protocol))

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

std::string connectLine(const Credentials& credentials) {
  ConnectOptions options;
  options.user = credentials.user;
  options.pass = credentials.password;
  options.auth_token = credentials.token;
  std::string line = "CONNECT ";
  json::writeTo(line, options);
  line += kLineEnd;
  return line;
}

std::string subscribeLine(std::string_view subject, std::string_view queue, std::string_view sid) {
  std::string line = "SUB ";
  line.append(subject).append(" ");
  if (!queue.empty()) line.append(queue).append(" ");
  line.append(sid).append(kLineEnd);
  return line;
}

std::string publishFrame(std::string_view subject, std::string_view reply, std::size_t size) {
  std::string frame = "PUB ";
  frame.append(subject).append(" ");
  if (!reply.empty()) frame.append(reply).append(" ");
  frame.append(std::to_string(size)).append(kLineEnd);
  frame.append(size, 'x').append(kLineEnd);
  return frame;
}

std::size_t messageFrameSize(std::string_view subject, std::string_view sid, std::size_t size) {
  return std::string_view("MSG   \r\n\r\n").size() + subject.size() + sid.size() +
         std::to_string(size).size() + size;
}

std::optional<MessageLine> parseMessageLine(std::string_view line) {
  std::array<std::string_view, 5> fields;
  std::size_t count = 0;
  for (std::size_t at = 0; at < line.size() && count < fields.size(); ++count) {
    const std::size_t end = std::min(line.find(' ', at), line.size());
    fields[count] = line.substr(at, end - at);
    at = end + 1;
  }
  if (count < 4 || fields[0] != "MSG") return std::nullopt;
  const std::string_view digits = fields[count - 1];
  MessageLine message{.subject = fields[1], .reply = count == 5 ? fields[3] : ""};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), message.size);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return message;
}

}  // namespace gannet::bench

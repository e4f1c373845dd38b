// The least that a server can do for a request and its reply: wait, read, find the receiver, write.
// It knows just enough of the protocol for `gannet-bench request` on a quiet machine: no limits, no
// errors, no partial reads. What it costs is the kernel's part of what a real server costs.
//
// usage: bare_loop PORT

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

constexpr std::string_view kInfo =
    "INFO {\"server_id\":\"BARE\",\"server_name\":\"bare\",\"version\":\"2.15.2\",\"proto\":1,"
    "\"headers\":true,\"max_payload\":1048576}\r\n";

struct Receiver {
  std::string subject;  // up to a wildcard
  std::string sid;
  int fd;
};

std::vector<std::string_view> wordsOf(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

template <class T>
T numberOf(std::string_view text) {
  T number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void writeTo(int fd, std::string_view bytes) {
  if (::write(fd, bytes.data(), bytes.size()) < 0) ::perror("write");
}

class BareLoop {
 public:
  explicit BareLoop(std::uint16_t port);

  // Never returns.
  [[noreturn]] void run();

 private:
  void watch(int fd);
  void accept();
  void serve(int fd);
  std::string_view takeOne(int fd, std::string_view in);
  void publish(const std::vector<std::string_view>& words, std::string_view payload);

  int listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
  int epoll_ = ::epoll_create1(0);
  std::vector<Receiver> receivers_;
  std::string out_;
};

BareLoop::BareLoop(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(listener_, any, sizeof(address)) != 0 || ::listen(listener_, 64) != 0) {
    ::perror("bare_loop");
    std::exit(1);
  }
  watch(listener_);
}

void BareLoop::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void BareLoop::accept() {
  const int fd = ::accept(listener_, nullptr, nullptr);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  watch(fd);
  writeTo(fd, kInfo);
}

void BareLoop::publish(const std::vector<std::string_view>& words, std::string_view payload) {
  for (const Receiver& receiver : receivers_) {
    if (!words[1].starts_with(receiver.subject)) continue;
    out_.assign("MSG ").append(words[1]).append(" ").append(receiver.sid);
    for (auto word = words.begin() + 2; word != words.end(); ++word)
      out_.append(" ").append(*word);
    out_.append("\r\n").append(payload);
    writeTo(receiver.fd, out_);
  }
}

// Serves the first operation of `in`; returns what follows it.
std::string_view BareLoop::takeOne(int fd, std::string_view in) {
  const std::size_t end = in.find("\r\n");
  if (end == std::string_view::npos) return {};
  const std::vector<std::string_view> words = wordsOf(in.substr(0, end));
  in.remove_prefix(end + 2);
  if (words.empty()) return in;
  if (words[0] == "PING") writeTo(fd, "PONG\r\n");
  if (words[0] == "SUB") {
    const std::string_view subject = words[1].substr(0, words[1].find_first_of("*>"));
    receivers_.push_back({std::string(subject), std::string(words.back()), fd});
  }
  if (words[0] != "PUB") return in;
  const std::size_t size = numberOf<std::size_t>(words.back()) + 2;
  publish(words, in.substr(0, size));
  return in.substr(std::min(size, in.size()));
}

void BareLoop::serve(int fd) {
  static std::array<char, 65536> buffer;
  const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
  if (size <= 0) {
    std::erase_if(receivers_, [fd](const Receiver& receiver) { return receiver.fd == fd; });
    ::close(fd);
    return;
  }
  std::string_view in(buffer.data(), static_cast<std::size_t>(size));
  while (!in.empty())
    in = takeOne(fd, in);
}

void BareLoop::run() {
  std::array<epoll_event, 64> events{};
  while (true) {
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      fd == listener_ ? accept() : serve(fd);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  BareLoop(numberOf<std::uint16_t>(argv[1])).run();
}

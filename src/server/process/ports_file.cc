#include "server/process/ports_file.h"

#include "base/errno_text.h"
#include "base/json_writer.h"
#include "server/process/pid_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

namespace gannet::server {
namespace {

std::string urlOf(const std::string& scheme, const std::string& host, int port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", scheme, is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
}

// The text of an IP address, or nothing for other families.
std::string textOf(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address == nullptr) return {};
  if (address->sa_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
    return inet_ntop(AF_INET, &v4->sin_addr, text.data(), text.size());
  }
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) return {};
    return inet_ntop(AF_INET6, &v6->sin6_addr, text.data(), text.size());
  }
  return {};
}

void writeList(json::Writer& out, std::string_view name, const std::vector<std::string>& urls) {
  if (urls.empty()) return;
  out.key(name);
  out.open('[');
  for (const std::string& url : urls) {
    out.element();
    out.text(url);
  }
  out.close(']');
}

// The address that a host name stands for, or the name itself if there is none.
std::string resolve(const std::string& host) {
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, nullptr, &found) != 0) return host;
  const std::string text = textOf(found->ai_addr);
  ::freeaddrinfo(found);
  return text.empty() ? host : text;
}

}  // namespace

std::vector<std::string> urlsOf(const std::string& scheme, const std::string& host, int port) {
  if (host != "0.0.0.0" && host != "::") return {urlOf(scheme, resolve(host), port)};
  std::vector<std::string> urls;
  ifaddrs* interfaces = nullptr;
  if (::getifaddrs(&interfaces) != 0) return {urlOf(scheme, host, port)};
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    const std::string text = textOf(each->ifa_addr);
    if (!text.empty()) urls.push_back(urlOf(scheme, text, port));
  }
  ::freeifaddrs(interfaces);
  return urls;
}

Result<std::string, Error> writePortsFile(const std::string& folder, const std::string& program,
                                          const OpenPorts& ports) {
  std::string text;
  json::Writer out(text, json::Style::compact);
  out.open('{');
  writeList(out, "nats", ports.nats);
  writeList(out, "monitoring", ports.monitoring);
  out.close('}');
  std::string path = fmt::format("{}/{}_{}.ports", folder, program, ::getpid());
  // Written aside first: a script that polls must not find half a file.
  const std::string draft = path + ".tmp";
  if (auto written = writeWholeFile(draft, text, 0666); !written) {
    return Error{fmt::format("Error writing ports file ({}): {}", path, written.error().text)};
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    return Error{
        fmt::format("Error writing ports file ({}): rename {}: {}", path, draft, errnoText(errno))};
  }
  return path;
}

}  // namespace gannet::server

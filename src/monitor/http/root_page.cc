#include "monitor/http/root_page.h"

#include "base/version.h"

#include <fmt/format.h>

#include <iterator>

namespace gannet::monitor {
namespace {

constexpr std::string_view kHead = R"(<!DOCTYPE html>
<html lang="en">
<head>
<title>Gannet</title>
<style>
body { font-family: system-ui, sans-serif; margin: 2rem; color: #24324a; background: #fff }
h1 { font-size: 1.6rem; margin: 0 }
p { margin: 0 0 1.5rem; color: #66728a }
a { color: #1b5fa8; text-decoration: none }
a:hover { text-decoration: underline }
li { margin: 0.4rem 0 }
code { color: #66728a; margin-left: 0.5rem }
@media (prefers-color-scheme: dark) {
  body { color: #dde5f2; background: #141a24 }
  a { color: #7db7f0 }
}
</style>
</head>
<body>
)";

constexpr std::string_view kHelp =
    "https://docs.nats.io/running-a-nats-service/nats_admin/monitoring";

}  // namespace

std::string escapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&#34;"; break;
      case '\'': out += "&#39;"; break;
      default: out.push_back(c);
    }
  }
  return out;
}

std::string encodePath(std::string_view path) {
  constexpr std::string_view kPlain = "/-._~$&+,:;=@";
  std::string out;
  for (const char c : path) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (is_letter || (c >= '0' && c <= '9') || kPlain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string rootPage(std::string_view version, std::string_view base_path,
                     const std::vector<RootLink>& links) {
  std::string page(kHead);
  page += fmt::format(
      "<h1>Gannet {}</h1>\n<p>A NATS server. Clients and tools are told that it is nats-server "
      "v{}.</p>\n<ul>\n",
      escapeHtml(versionAndRevision()), escapeHtml(version));
  for (const RootLink& link : links) {
    const std::string path = encodePath(std::string(base_path).append(link.path));
    page += fmt::format("<li><a href=\".{0}\">{1}</a><code>{0}</code></li>\n", escapeHtml(path),
                        link.title);
  }
  page += fmt::format("<li><a href=\"{}\">Help</a></li>\n</ul>\n</body>\n</html>\n", kHelp);
  return page;
}

}  // namespace gannet::monitor

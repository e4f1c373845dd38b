#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gannet::monitor {

struct RootLink {
  std::string_view title;
  std::string_view path;
};

// The HTML page at the base path: which Gannet this is, the reference's version that it stands for,
// and a relative link to each endpoint. ASCII only.
// Spec: monitoring §1.5
[[nodiscard]] std::string rootPage(std::string_view version, std::string_view base_path,
                                   const std::vector<RootLink>& links);

// `text` with the characters replaced that mean something in HTML.
[[nodiscard]] std::string escapeHtml(std::string_view text);

// A decoded path with %XX for what may not stand in a URL's path.
[[nodiscard]] std::string encodePath(std::string_view path);

}  // namespace gannet::monitor

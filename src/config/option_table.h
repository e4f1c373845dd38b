#pragma once

#include "config/findings.h"
#include "config/options.h"

#include <span>
#include <string>
#include <string_view>

namespace gannet::config {

// What a reload may do with a changed option.
enum class Reload : unsigned char {
  applied,      // takes effect, and is logged as "Reloaded: name = value"
  reopens_log,  // the same, by opening the log anew
  refused,      // the reload fails
  other,        // another row or a block of its own decides
};

// One option of the top level: everything there is to know about it.
struct OptionRow {
  std::string_view names;  // the name and its aliases, lower-case, with blanks between
  std::string_view doc;    // one sentence for users
  void (*apply)(const Found& found, Options& out, Findings& findings);
  Reload reload = Reload::other;
  std::string_view field{};  // its name in the reference's refusals of a reload
  bool (*differs)(const Options& before, const Options& after) = nullptr;
  std::string (*show)(const Options& options) = nullptr;

  [[nodiscard]] std::string_view name() const { return names.substr(0, names.find(' ')); }
};

// Every option of the top level. Spec: config-and-cli §3.1
[[nodiscard]] std::span<const OptionRow> optionTable();

}  // namespace gannet::config

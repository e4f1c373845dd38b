#include "config/load.h"

#include "base/go_quote.h"
#include "config/language/document.h"
#include "config/option_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace gannet::config {
namespace {

// True if `name` is one of the blank-separated `names`.
bool names(std::string_view names, std::string_view name) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    if (names.substr(0, end) == name) return true;
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

void applyOption(const Found& found, Options& options, Findings& findings) {
  const std::string name = lowerCased(found.name);
  for (const OptionRow& row : optionTable()) {
    if (names(row.names, name)) return row.apply(found, options, findings);
  }
  const auto unavailable = unavailableOptions();
  if (std::find(unavailable.begin(), unavailable.end(), name) != unavailable.end()) {
    if (!asksForNothing(name, found.value())) refuseUnavailable(found.at(), found.name, findings);
    return;
  }
  if (found.entry->is_variable) return;
  findings.error(found.at(), fmt::format("unknown field {}", goQuote(found.name)));
}

}  // namespace

void applyOptions(const Map& root, Options& options, Findings& findings) {
  for (const Found& found : inFileOrder(root))
    applyOption(found, options, findings);
}

Result<Findings, Error> loadFile(const std::string& path, Options& options) {
  const auto document = parseFile(path);
  if (!document) return document.error();
  Findings findings;
  options.config_file = path;
  options.config_digest = digest(document->root);
  if (document->root.empty()) {
    findings.warning(fmt::format("{}: config has no values or is empty", path));
  }
  applyOptions(document->root, options, findings);
  return findings;
}

}  // namespace gannet::config

#include "config/load.h"

#include "base/go_quote.h"
#include "config/language/document.h"
#include "config/later/block_keys.h"
#include "config/option_table.h"

#include <fmt/format.h>

namespace gannet::config {
namespace {

void applyOption(const Found& found, Options& options, Findings& findings) {
  const std::string name = lowerCased(found.name);
  for (const OptionRow& row : optionTable()) {
    if (isNamed(row.names, name)) return row.apply(found, options, findings);
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

#pragma once

#include "config/findings.h"
#include "config/options.h"

#include <span>
#include <string_view>

// Checks of blocks whose part is not built yet or is switched off: types and values as the
// reference checks them, and nothing kept. Spec: config-and-cli §2.3, §3.2 to §3.12
namespace gannet::config {

// One key of a block.
struct KeyRow {
  std::string_view names;  // the name and its aliases, lower-case, with blanks between
  void (*check)(const Found& found, Findings& findings);
};

// True if `name` is one of the blank-separated `names`.
[[nodiscard]] bool isNamed(std::string_view names, std::string_view name);

// The row for a key in any case; null if there is none.
[[nodiscard]] const KeyRow* findKey(std::span<const KeyRow> keys, std::string_view name);

// Checks every entry by its row; what has none is an unknown field.
void checkKeys(const Map& map, std::span<const KeyRow> keys, Findings& findings);

// The map of a block; null after an error, which begins with `what`: "Expected mqtt to be a map".
[[nodiscard]] const Map* blockOf(const Found& found, std::string_view what, Findings& findings);

// Checks the entries of an array, which are maps. `what` names one in errors.
void checkMaps(const Found& found, std::string_view what, std::span<const KeyRow> keys,
               Findings& findings);

// True if the block's `port` or `listen`, the later one in the file, names a port.
[[nodiscard]] bool isListening(const Map& map);

// Kinds of values.
void checkText(const Found& found, Findings& findings);
void checkInt(const Found& found, Findings& findings);
void checkBool(const Found& found, Findings& findings);
void checkMap(const Found& found, Findings& findings);
void checkAnything(const Found& found, Findings& findings);
void checkDuration(const Found& found, Findings& findings);
void checkWriteTimeout(const Found& found, Findings& findings);
void checkListenAddress(const Found& found, Findings& findings);
void checkTlsBlock(const Found& found, Findings& findings);
void checkCompression(const Found& found, Findings& findings);

// A string, or an array of strings. `what` names it in errors.
void checkTextList(const Found& found, std::string_view what, Findings& findings);

// An array of URLs; a repeated one is a warning. `kind` is "route" or "gateway".
void checkUrls(const Found& found, std::string_view kind, Findings& findings);

// A block's `authorization`: a user, a password, and what else `more` names.
void checkLogin(const Found& found, std::span<const KeyRow> more, Findings& findings);
void checkLoginTimeout(const Found& found, Findings& findings);

}  // namespace gannet::config

#pragma once

#include <string>
#include <string_view>

namespace gannet {

// `text` in double quotes, escaped as Go's %q does: the form in which -ERR texts and log lines show
// what a client sent. Bytes that are not UTF-8 become \xNN, unprintable characters \n, \u00ad …
//
// Errors  None: any bytes have a quoted form, at most ten times as long.
// Spec    client-protocol §4.3
[[nodiscard]] std::string goQuote(std::string_view text);

}  // namespace gannet

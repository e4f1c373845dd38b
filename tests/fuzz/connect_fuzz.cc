#include "base/assert.h"
#include "base/json.h"
#include "protocol/connect.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Any argument of CONNECT: decoding either fails and changes nothing, or gives options that read
// back as they were written; and redaction hides a password wherever it was accepted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gannet;
  using protocol::ConnectOptions;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  ConnectOptions options;
  const std::string before = json::write(options);
  if (!protocol::decodeConnect(text, options)) {
    GANNET_ASSERT(json::write(options) == before);
    static_cast<void>(protocol::redactConnect(text));
    return 0;
  }
  for (const json::Style style : {json::Style::compact, json::Style::pretty}) {
    const std::string written = json::write(options, style);
    ConnectOptions back;
    GANNET_ASSERT(protocol::decodeConnect(written, back).has_value());
    GANNET_ASSERT(json::write(back, style) == written);
  }

  ConnectOptions redacted;
  const std::string shown = protocol::redactConnect(json::write(options));
  GANNET_ASSERT(protocol::decodeConnect(shown, redacted).has_value());
  GANNET_ASSERT(redacted.pass == "[REDACTED]" && redacted.sig == "[REDACTED]");
  GANNET_ASSERT(json::write(redacted.user) == json::write(options.user));
  return 0;
}

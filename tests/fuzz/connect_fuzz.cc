#include "base/assert.h"
#include "base/json.h"
#include "protocol/connect.h"
#include "protocol/redact.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Any argument of CONNECT: decoding either fails and changes nothing, or gives options that read
// back as they were written; and redaction hides a password wherever it was accepted, as a whole
// and where the text is cut at any place behind its start.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gannet;
  using protocol::ConnectOptions;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  ConnectOptions options;
  const std::string before = json::write(options);
  if (!protocol::decodeConnect(text, options)) {
    GANNET_ASSERT(json::write(options) == before);
    static_cast<void>(protocol::redact(text));
    static_cast<void>(protocol::redactUnparsed(text));
    return 0;
  }
  for (const json::Style style : {json::Style::compact, json::Style::pretty}) {
    const std::string written = json::write(options, style);
    ConnectOptions back;
    GANNET_ASSERT(protocol::decodeConnect(written, back).has_value());
    GANNET_ASSERT(json::write(back, style) == written);
  }

  // As the client wrote it: whatever was taken for a secret is replaced by what reads as another.
  ConnectOptions redacted;
  if (protocol::decodeConnect(protocol::redact(text), redacted)) {
    for (const std::string* const secret : {&redacted.pass, &redacted.auth_token, &redacted.sig})
      GANNET_ASSERT(secret->empty() || *secret == protocol::kRedacted);
  }

  const std::string before_pass = json::write(options);
  options.pass = "never shown";
  if (before_pass.find(options.pass) != std::string::npos) return 0;  // where it is no secret
  const std::string written = json::write(options);
  for (const std::size_t cut : {written.size() / 3, written.size() / 2, written.size()}) {
    const std::string_view part = std::string_view(written).substr(0, cut);
    GANNET_ASSERT(protocol::redact(part).find(options.pass) == std::string::npos);
    GANNET_ASSERT(protocol::redactUnparsed(part).find(options.pass) == std::string::npos);
  }
  return 0;
}

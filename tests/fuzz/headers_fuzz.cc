#include "base/assert.h"
#include "protocol/headers.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// Any bytes in place of a header block: what is set is found, what is removed is gone, the trace
// answer agrees with the map of all headers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gannet::protocol;
  const std::string_view block(reinterpret_cast<const char*>(data), size);

  const std::string set = setHeader(block, "Nats-Trace-Hop", "1.2");
  GANNET_ASSERT(findHeader(set, "Nats-Trace-Hop") == "1.2");
  GANNET_ASSERT(set.ends_with("Nats-Trace-Hop: 1.2\r\n\r\n"));
  const std::string removed = removeHeader(set, "Nats-Trace-Hop");
  GANNET_ASSERT(!findHeader(removed, "Nats-Trace-Hop").has_value());

  const HeaderMap headers = headerMap(block);
  const auto trace = parseTraceHeaders(block);
  if (!trace) return 0;
  const auto dest = headers.find("Nats-Trace-Dest");
  GANNET_ASSERT(trace->is_sampled == (dest == headers.end()));
  if (!trace->dest.empty()) GANNET_ASSERT(dest->second.front() == trace->dest);
  GANNET_ASSERT(!trace->is_trace_only || !trace->dest.empty());
  return 0;
}

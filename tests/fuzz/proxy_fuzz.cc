#include "base/assert.h"
#include "protocol/proxy_header.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Any first bytes of a connection, cut anywhere: an answer given early is the answer that stays,
// and at most a version 2 header's size is ever waited for.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gannet::protocol;
  constexpr std::size_t kMaxHeader = 16 + 65535;
  constexpr std::size_t kMaxCuts = 300;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  const ProxyHeader whole = parseProxyHeader(bytes);
  GANNET_ASSERT(whole.size <= bytes.size());
  GANNET_ASSERT(whole.state != ProxyState::need_more || bytes.size() < kMaxHeader);
  GANNET_ASSERT((whole.state == ProxyState::error) == !whole.error.empty());
  GANNET_ASSERT((whole.state == ProxyState::address) == !whole.source_ip.empty());
  for (std::size_t cut = 0; cut < std::min(bytes.size(), kMaxCuts); ++cut) {
    const ProxyHeader early = parseProxyHeader(bytes.substr(0, cut));
    if (early.state == ProxyState::need_more) continue;
    GANNET_ASSERT(early.state == whole.state && early.size == whole.size);
    GANNET_ASSERT(early.source_ip == whole.source_ip && early.error == whole.error);
  }
  return 0;
}

#pragma once

#include <string>

namespace gannet {

// What an errno means, spelled as Go spells it: "no such file or directory". The reference's error
// texts end in these.
[[nodiscard]] std::string errnoText(int error);

}  // namespace gannet

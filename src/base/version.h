#pragma once

#include <string>
#include <string_view>

namespace gannet {

// Which Gannet this is, as the build wrote it down. The version that clients and tools decide by is
// another: server::kReferenceVersion.
//
// Threads  Any; nothing here changes.

// As CMake's project has it: "0.2.0".
[[nodiscard]] std::string_view version();

// The commit that was built, with "-dirty" behind it where sources differed from it. Empty for a
// build without git that was not told by GANNET_GIT_REVISION.
[[nodiscard]] std::string_view gitRevision();

// Both, for people: "0.2.0 (git 0123456789ab)", or the version alone.
[[nodiscard]] std::string versionAndRevision();

}  // namespace gannet

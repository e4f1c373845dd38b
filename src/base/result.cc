#include "base/result.h"

#include "base/assert.h"

namespace gannet {

void throw_exception_from_error(const Error& error, const boost::source_location& location) {
  assertionFailed(error.text.c_str(), location.file_name(), static_cast<int>(location.line()));
}

}  // namespace gannet

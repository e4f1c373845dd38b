#include "base/errno_text.h"

#include <system_error>

namespace gannet {
namespace {

bool isUpper(char c) {
  return c >= 'A' && c <= 'Z';
}

}  // namespace

std::string errnoText(int error) {
  std::string text = std::generic_category().message(error);
  const bool starts_with_acronym = text.size() > 1 && isUpper(text[1]);
  if (!text.empty() && isUpper(text[0]) && !starts_with_acronym) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace gannet

#pragma once

#include "subject/tokens.h"

#include <string>
#include <string_view>
#include <vector>

namespace gannet::subject {

// Every text of one to `most` tokens of `alphabet`, the short ones first.
inline std::vector<std::string> everyText(const std::vector<std::string>& alphabet, int most) {
  std::vector<std::string> all = alphabet;
  std::size_t longest = 0;  // where the texts of the greatest length begin
  for (int tokens = 2; tokens <= most; ++tokens) {
    const std::size_t end = all.size();
    for (std::size_t i = longest; i < end; ++i) {
      for (const std::string& token : alphabet)
        all.push_back(all[i] + "." + token);
    }
    longest = end;
  }
  return all;
}

// Every pattern of one to `most` of the tokens a, b, * and >.
inline std::vector<std::string> everyPattern(int most) {
  std::vector<std::string> all = everyText({"a", "b", "*", ">"}, most);
  std::erase_if(all, [](const std::string& text) { return !isPattern(text); });
  return all;
}

// Every subject of one to `most` of the tokens a, b and c. With one token more than the patterns
// of everyPattern() have, they tell any two of these apart: c is a token that none of them names.
inline std::vector<std::string> everySubject(int most) {
  return everyText({"a", "b", "c"}, most);
}

}  // namespace gannet::subject

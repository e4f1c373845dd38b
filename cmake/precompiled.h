#pragma once

// Libraries that most sources include and that take long to parse. Not a substitute for including
// what a file uses: clang-tidy and the fuzzers build without it.

#include <boost/system/result.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

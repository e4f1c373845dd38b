#pragma once

// The test framework, which takes longer to parse than most tests. Not a substitute for including
// what a file uses: clang-tidy builds without it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

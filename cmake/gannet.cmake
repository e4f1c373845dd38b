# How Gannet is compiled, and the three functions with which a folder declares itself.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

option(GANNET_TESTS "Build the unit tests" OFF)
option(GANNET_FUZZ "Build the fuzzers (clang only)" OFF)
option(GANNET_BENCH "Build the micro-benchmarks" OFF)
set(GANNET_SANITIZE "" CACHE STRING "Sanitizers for -fsanitize=, or empty")
set(GANNET_GIT_REVISION "" CACHE STRING "The commit, where git cannot be asked for it")

# What was compiled once is taken from ccache where there is one, also by a clone in another folder:
# paths below the tree are hashed as relative ones, and the debug information names files as they
# are seen from the root of the tree. CMAKE_CXX_COMPILER_LAUNCHER, given by the user, comes first.
find_program(GANNET_CCACHE ccache)
if(GANNET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need the first two; files that CMake has just written, the other two.
  set(sloppiness pch_defines,time_macros,include_file_mtime,include_file_ctime)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_SLOPPINESS=${sloppiness} ${GANNET_CCACHE})
  file(RELATIVE_PATH seen_from_root ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
  add_compile_options(-fdebug-prefix-map=${PROJECT_BINARY_DIR}=${seen_from_root})
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

# Release links everything but libc and the allocator into the executable. Debian has no static
# archive of mimalloc.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(OPENSSL_USE_STATIC_LIBS ON)
  set(CMAKE_FIND_LIBRARY_SUFFIXES .a .so)
endif()
find_package(Threads REQUIRED)
find_package(OpenSSL)
find_package(Boost 1.81)
find_path(GANNET_FMT fmt/format.h)
find_library(GANNET_SODIUM sodium)
find_library(GANNET_CRYPT crypt)
find_library(GANNET_MIMALLOC mimalloc)
find_library(GANNET_SNAPPY snappy)
find_library(GANNET_ZLIB z)

# What is missing is said all at once: no package manager may have said it before.
set(needed OPENSSL_FOUND Boost_FOUND GANNET_FMT GANNET_SODIUM GANNET_CRYPT
  GANNET_MIMALLOC GANNET_SNAPPY GANNET_ZLIB)
set(names OpenSSL "Boost 1.81" fmt libsodium libcrypt mimalloc snappy zlib)
foreach(variable name IN ZIP_LISTS needed names)
  if(NOT ${variable})
    list(APPEND missing ${name})
  endif()
endforeach()
if(missing)
  list(JOIN missing ", " missing)
  message(FATAL_ERROR "These libraries, or their headers, are missing: ${missing}. "
    "tools/setup/packages.sh lists Debian's packages of them.")
endif()

# What every target of ours is compiled with.
add_library(gannet_flags INTERFACE)
target_include_directories(gannet_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(gannet_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports false positives of these inside its own headers, when it optimises, sanitizes or
  # meets a coroutine's frame.
  target_compile_options(gannet_flags INTERFACE
    -Wno-restrict -Wno-stringop-overflow -Wno-array-bounds -Wno-maybe-uninitialized
    -Wno-mismatched-new-delete)
endif()
target_compile_definitions(gannet_flags INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ERROR_CODE_HEADER_ONLY)
target_link_libraries(gannet_flags INTERFACE Threads::Threads)

if(CMAKE_BUILD_TYPE STREQUAL "Release")
  set(CMAKE_CXX_FLAGS_RELEASE "-O3 -g1")
  target_compile_options(gannet_flags INTERFACE -flto=auto -fno-fat-lto-objects)
  target_link_options(gannet_flags INTERFACE -flto=auto -static-libstdc++ -static-libgcc)
endif()
if(GANNET_SANITIZE)
  target_compile_options(gannet_flags INTERFACE
    -fsanitize=${GANNET_SANITIZE} -fno-sanitize-recover=all)
  if(GANNET_SANITIZE MATCHES undefined)
    # It takes a free file descriptor to see whether an object is readable, and reports one that
    # is not where there is none.
    target_compile_options(gannet_flags INTERFACE -fno-sanitize=vptr)
  endif()
  if(GANNET_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Asio's fences are seen by no sanitizer; they only concern the control thread.
    target_compile_options(gannet_flags INTERFACE -Wno-tsan)
  endif()
  target_link_options(gannet_flags INTERFACE -fsanitize=${GANNET_SANITIZE})
endif()
if(GANNET_FUZZ)
  target_compile_options(gannet_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# gannet_library(<folder> HEADERS … SOURCES … DEPENDS <folders> LIBRARIES <external>)
# declares src/<folder>. DEPENDS are the arrows of the design: tests/tidy holds the includes
# against them.
function(gannet_library name)
  cmake_parse_arguments(ARG "" "" "HEADERS;SOURCES;LAYERS;DEPENDS;LIBRARIES" ${ARGN})
  add_library(gannet_${name} STATIC ${ARG_SOURCES} ${ARG_HEADERS})
  list(TRANSFORM ARG_DEPENDS PREPEND gannet_)
  target_link_libraries(gannet_${name} PUBLIC gannet_flags ${ARG_DEPENDS} ${ARG_LIBRARIES})
  set_target_properties(gannet_${name} PROPERTIES LINKER_LANGUAGE CXX)
  # What nearly every source reads: parsed once for all folders.
  if(TARGET gannet_base AND NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    if(name STREQUAL "base")
      target_precompile_headers(gannet_base PRIVATE ${PROJECT_SOURCE_DIR}/cmake/precompiled.h)
    else()
      target_precompile_headers(gannet_${name} REUSE_FROM gannet_base)
    endif()
  endif()
endfunction()

# gannet_unit_tests(<folder> [DEPENDS <folders>]) builds every *_test.cc of tests/unit/<folder>
# into one GoogleTest program.
function(gannet_unit_tests name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*_test.cc)
  if(NOT sources)
    return()
  endif()
  add_executable(unit_${name} ${sources})
  list(TRANSFORM ARG_DEPENDS PREPEND gannet_)
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(unit_${name} PRIVATE
    gannet_${name} ${ARG_DEPENDS} GTest::gtest_main GTest::gmock)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    if(name STREQUAL "base")
      target_precompile_headers(unit_base PRIVATE ${PROJECT_SOURCE_DIR}/tests/unit/precompiled.h)
    elseif(TARGET unit_base)
      target_precompile_headers(unit_${name} REUSE_FROM unit_base)
    endif()
  endif()
  add_test(NAME unit_${name} COMMAND unit_${name} --gtest_brief=1)
endfunction()

# gannet_fuzzer(<name> DEPENDS <folders>) builds tests/fuzz/<name>_fuzz.cc with libFuzzer.
function(gannet_fuzzer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  add_executable(fuzz_${name} ${name}_fuzz.cc)
  list(TRANSFORM ARG_DEPENDS PREPEND gannet_)
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPENDS})
  target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  add_dependencies(fuzzers fuzz_${name})
endfunction()

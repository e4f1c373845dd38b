# Writes base/version.cc for a build: cmake -D… -P version.cmake. It runs at each build, because a
# commit changes no file that the build watches, and leaves the file alone where it says the same.
#
# GANNET_SOURCE     the folder of the sources
# GANNET_VERSION    of the project
# GANNET_REVISION   the commit, for builds from an archive; empty: ask git
# GANNET_TEMPLATE, GANNET_OUTPUT

# The sources must be the repository themselves: an archive unpacked inside another one is none of
# its commits.
function(ask_git)
  find_program(git NAMES git)
  if(NOT git)
    return()
  endif()
  set(ask ${git} --no-optional-locks -C ${GANNET_SOURCE})
  execute_process(COMMAND ${ask} rev-parse --show-toplevel
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REAL_PATH "${GANNET_SOURCE}" source)
  if(NOT top STREQUAL source)
    return()
  endif()
  execute_process(COMMAND ${ask} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE revision OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  set(GANNET_REVISION "${revision}" PARENT_SCOPE)
endfunction()

if("${GANNET_REVISION}" STREQUAL "")
  ask_git()
endif()
configure_file(${GANNET_TEMPLATE} ${GANNET_OUTPUT} @ONLY)

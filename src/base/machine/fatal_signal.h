#pragma once

#include <string_view>

namespace gannet {

// What a process that dies of a bug leaves behind: which Gannet it was, the signal, and where each
// frame of the stack was, on stderr and in the log file. Then the signal takes its course: the exit
// status and the core dump are those of a process without this.
//
// A frame is a place in a file, for addr2line, and the name of the function where the file has it.
// Nothing is allocated and no lock of ours is taken when it happens.

// Reports SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT and SIGSYS from now on. `identity` begins the
// report. Nothing happens in sanitizer builds, which have reports of their own. Once, before there
// are threads.
void reportFatalSignals(std::string_view identity);

// Gives the calling thread a second stack for the report: its own may be what has overflowed. For
// the first lines of every thread; the stack lives as long as it.
// Cost  64 KiB of address space, untouched.
void prepareForFatalSignals();

// The log file, which reports go to beside stderr, has this descriptor from now on.
void setFatalReportFile(int fd);

// The descriptor is about to be closed.
void forgetFatalReportFile(int fd);

// Calls `prepare` before a report is written. It must be async-signal-safe and end by itself.
void beforeFatalReport(void (*prepare)());

// Writes to where reports go. Async-signal-safe.
void writeFatalReport(std::string_view text);

}  // namespace gannet

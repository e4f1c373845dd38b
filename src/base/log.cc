#include "base/log.h"

#include "base/clock.h"
#include "base/log/destination.h"
#include "base/log/file.h"
#include "base/log/repeat.h"
#include "base/log/syslog.h"
#include "base/machine/fatal_signal.h"
#include "base/posted_tasks.h"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

// A line is a task for the log's thread, and so is all else that happens to the destination: each
// takes its turn. The list of tasks has no bound of its own; admits() bounds what strangers may put
// on it. spdlog's queue was not taken: its callers wait for its lock, and when it is full for its
// thread, or it drops the oldest lines, whoever they are from.
namespace gannet::log {
namespace {

constexpr std::size_t kLineOverhead = 160;  // of a line in the queue, beside its text
constexpr std::chrono::seconds kCrashPatience(1);
constexpr timespec kFlushPause{0, 200'000};

struct Log {
  Log() { ::sem_init(&added, 0, 0); }

  // Any thread's.
  PostedTasks tasks;
  sem_t added;
  std::atomic<bool> is_woken = false;  // the log's thread looks at the tasks some time from now
  std::atomic<std::uint64_t> posted = 0;
  std::atomic<std::uint64_t> done = 0;  // of the tasks
  std::atomic<std::size_t> admitted_bytes = 0;
  std::atomic<std::uint64_t> dropped = 0;
  std::atomic<bool> is_running = false;
  std::atomic<bool> debug = false;
  std::atomic<bool> trace = false;
  std::atomic<pid_t> thread_id = 0;

  // Of the thread that opens and closes the log.
  std::thread thread;

  // Of the log's thread.
  std::unique_ptr<Destination> destination;
  RepeatFilter repeats;
  std::uint64_t dropped_said = 0;
  bool is_ending = false;
};

// Never destroyed: a thread may still log while the process exits.
Log& theLog() {
  static Log* const kLog = new Log;  // NOLINT(*-avoid-non-const-global-variables): it is one
  return *kLog;
}

// Takes no signals that are for the server. Those of its own faults it does: one that is blocked
// ends the process without a word.
void prepareThread() {
  prepareForFatalSignals();
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS})
    sigdelset(&all, fault);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "log");
}

// What was dropped before the tasks are taken belongs before their end, and is told there.
void runTasks(Log& log) {
  const std::uint64_t dropped = log.dropped.load(std::memory_order_relaxed);
  log.tasks.takeAll([&log](Task task) {
    task();
    log.done.fetch_add(1, std::memory_order_release);
  });
  if (dropped == log.dropped_said || log.destination == nullptr || isTooLate()) return;
  log.destination->write(
      {Level::warning, wallNow(),
       fmt::format("{} lines that clients caused were left out: the log was full",
                   dropped - log.dropped_said)});
  log.dropped_said = dropped;
}

void runThread(Log& log) {
  prepareThread();
  log.thread_id = ::gettid();
  while (!log.is_ending) {
    if (::sem_wait(&log.added) != 0) continue;  // interrupted
    log.is_woken.store(false, std::memory_order_seq_cst);
    runTasks(log);
  }
}

void post(Log& log, Task task) {
  log.posted.fetch_add(1, std::memory_order_relaxed);
  log.tasks.add(std::move(task));
  if (!log.is_woken.exchange(true, std::memory_order_seq_cst)) ::sem_post(&log.added);
}

// Waits for what was posted so far. Async-signal-safe.
void awaitTasks(const Log& log, std::chrono::nanoseconds limit) {
  const std::uint64_t wanted = log.posted.load();
  const MonoTime end = monoNow() + limit;
  while (log.done.load(std::memory_order_acquire) < wanted && monoNow() < end)
    static_cast<void>(::nanosleep(&kFlushPause, nullptr));
}

// In a process that is about to die, on the thread of the fault.
void finishBeforeReport() {
  const Log& log = theLog();
  if (log.is_running && log.thread_id != ::gettid()) awaitTasks(log, kCrashPatience);
}

Result<std::unique_ptr<Destination>, Error> makeDestination(const Settings& settings) {
  const LineStyle style{.has_time = settings.has_time,
                        .zone = settings.utc ? Zone::utc : Zone::local,
                        .coloured = false,
                        .pid = ::getpid()};
  if (!settings.file.empty()) {
    auto file = FileDestination::open(
        settings.file, {.size_bytes = settings.size_limit_bytes, .max_num = settings.file_max_num},
        style, wallNow());
    if (!file) return file.error();
    return std::unique_ptr<Destination>(std::move(*file));
  }
  if (settings.remote_syslog.empty() && !settings.syslog) return stderrDestination(style);
  SyslogAddress address = localSyslog();
  if (!settings.remote_syslog.empty()) {
    auto parsed = parseSyslogUrl(settings.remote_syslog);
    if (!parsed) return parsed.error();
    address = std::move(*parsed);
  }
  auto syslog = SyslogDestination::connect(std::move(address), settings.tag);
  if (!syslog) return syslog.error();
  return std::unique_ptr<Destination>(std::move(*syslog));
}

std::unique_ptr<Destination> directDestination() {
  return stderrDestination({.pid = ::getpid()});
}

// On the log's thread.
void writeNow(Log& log, const Line& line, std::string_view statement) {
  if (!statement.empty() && !log.repeats.admit(statement, monoNow())) return;
  if (log.destination == nullptr || isTooLate()) {
    log.dropped.fetch_add(1, std::memory_order_relaxed);
  } else {
    log.destination->write(line);
  }
}

void queue(Level level, std::string text, std::string statement, std::size_t admitted_bytes) {
  Log& log = theLog();
  if (!log.is_running) return directDestination()->write({level, wallNow(), text});
  log.admitted_bytes.fetch_add(admitted_bytes, std::memory_order_relaxed);
  post(log, [&log, level, time = wallNow(), text = std::move(text),
             statement = std::move(statement), admitted_bytes] {
    writeNow(log, {level, time, text}, statement);
    log.admitted_bytes.fetch_sub(admitted_bytes, std::memory_order_relaxed);
  });
}

}  // namespace

Result<void, Error> open(const Settings& settings, std::span<const std::string> last_words) {
  auto destination = makeDestination(settings);
  if (!destination) return destination.error();
  for (const std::string& words : last_words)
    write(Level::info, words);
  Log& log = theLog();
  log.debug = settings.debug;
  log.trace = settings.trace;
  giveUpAfter(kPatience);  // on the old destination
  post(log, [&log, made = std::move(*destination)]() mutable {
    log.destination = std::move(made);
    neverGiveUp();
  });
  if (log.is_running.exchange(true)) return {};
  log.thread = std::thread([&log] { runThread(log); });
  beforeFatalReport(finishBeforeReport);
  [[maybe_unused]] static const int kRegistered = std::atexit(close);
  return {};
}

void flush() {
  const Log& log = theLog();
  if (log.is_running) awaitTasks(log, kPatience);
}

void close() {
  Log& log = theLog();
  if (!log.is_running.exchange(false)) return;
  giveUpAfter(kPatience);
  post(log, [&log] { log.is_ending = true; });
  log.thread.join();
  runTasks(log);  // what came while the thread ended
  log.destination = nullptr;
  log.is_ending = false;
}

bool enabled(Level level) {
  switch (level) {
    case Level::debug: return theLog().debug.load(std::memory_order_relaxed);
    case Level::trace: return theLog().trace.load(std::memory_order_relaxed);
    case Level::info:
    case Level::warning:
    case Level::error:
    case Level::fatal: return true;
  }
  return true;
}

bool admits(Level level) {
  if (!enabled(level)) return false;
  Log& log = theLog();
  if (log.admitted_bytes.load(std::memory_order_relaxed) < kQueueBytes) return true;
  log.dropped.fetch_add(1, std::memory_order_relaxed);
  return false;
}

std::uint64_t dropped() {
  return theLog().dropped.load(std::memory_order_relaxed);
}

void reopen() {
  Log& log = theLog();
  if (!log.is_running) return directDestination()->reopen(wallNow());
  post(log, [&log] { log.destination->reopen(wallNow()); });
}

void write(Level level, std::string text) {
  if (!enabled(level)) return;
  queue(level, std::move(text), {}, 0);
  if (level != Level::fatal) return;
  giveUpAfter(kPatience);  // the end is near
  flush();
}

void writeAdmitted(Level level, std::string text, std::string statement) {
  const std::size_t size = text.size() + statement.size() + kLineOverhead;
  queue(level, std::move(text), std::move(statement), size);
}

void oncePerSecond(Level level, const std::string& statement, std::string_view rest) {
  if (admits(level)) writeAdmitted(level, fmt::format("{}{}", statement, rest), statement);
}

void writePlain(std::string_view text) {
  const std::string line = dateText(wallNow(), Zone::local);
  constexpr std::size_t kFractionSize = 7;
  writeAll(STDERR_FILENO,
           fmt::format("{} {}\n", line.substr(0, line.size() - kFractionSize), text));
}

}  // namespace gannet::log

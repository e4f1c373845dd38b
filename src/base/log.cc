#include "base/log.h"

#include "base/log/destination.h"
#include "base/log/file.h"
#include "base/log/repeat.h"
#include "base/log/syslog.h"
#include "base/machine/fatal_signal.h"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include <pthread.h>
#include <unistd.h>

// A line goes: write() → the queue of spdlog's thread pool → Sink::log on the pool's one thread →
// the Destination. The logger lives from the first open() to close(); a later open() only changes
// the sink's destination, between two lines.
//
// flush() counts: the n-th flush request that the log's thread has met proves that every line
// queued before the n-th request was made is written, because the queue keeps its order.
namespace gannet::log {
namespace {

spdlog::level::level_enum toSpdlog(Level level) {
  switch (level) {
    case Level::info: return spdlog::level::info;
    case Level::warning: return spdlog::level::warn;
    case Level::error: return spdlog::level::err;
    case Level::fatal: return spdlog::level::critical;
    case Level::debug: return spdlog::level::debug;
    case Level::trace: return spdlog::level::trace;
  }
  return spdlog::level::info;
}

Level fromSpdlog(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace: return Level::trace;
    case spdlog::level::debug: return Level::debug;
    case spdlog::level::warn: return Level::warning;
    case spdlog::level::err: return Level::error;
    case spdlog::level::critical: return Level::fatal;
    case spdlog::level::info:
    case spdlog::level::off:
    case spdlog::level::n_levels: return Level::info;
  }
  return Level::info;
}

class Sink : public spdlog::sinks::sink {
 public:
  explicit Sink(std::unique_ptr<Destination> destination) : destination_(std::move(destination)) {}

  void log(const spdlog::details::log_msg& message) override {
    const std::lock_guard lock(mutex_);
    destination_->write({fromSpdlog(message.level), message.time,
                         std::string_view(message.payload.data(), message.payload.size())});
  }

  void flush() override {
    const std::lock_guard lock(mutex_);
    ++flushed_;
    flushed_changed_.notify_all();
  }

  void waitForFlush(std::uint64_t count) {
    std::unique_lock lock(mutex_);
    flushed_changed_.wait(lock, [&] { return flushed_ >= count; });
  }

  void moveTo(std::unique_ptr<Destination> destination) {
    const std::lock_guard lock(mutex_);
    destination_.swap(destination);
  }

  void reopen(WallTime now) {
    const std::lock_guard lock(mutex_);
    destination_->reopen(now);
  }

  void set_pattern(const std::string& /*pattern*/) override {}

  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  std::mutex mutex_;
  std::condition_variable flushed_changed_;
  std::unique_ptr<Destination> destination_;
  std::uint64_t flushed_ = 0;
};

// The pool's thread takes no signals that are for the server. Those of its own faults it does: one
// that is blocked ends the process without a word.
void prepareThread() {
  prepareForFatalSignals();
  sigset_t all;
  sigfillset(&all);
  for (const int fault : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS})
    sigdelset(&all, fault);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  pthread_setname_np(pthread_self(), "log");
}

// A logger with its queue and thread.
struct Running {
  explicit Running(std::unique_ptr<Destination> destination)
      : sink(std::make_shared<Sink>(std::move(destination))),
        pool(std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1, prepareThread)),
        logger(std::make_shared<spdlog::async_logger>("gannet", sink, pool,
                                                      spdlog::async_overflow_policy::block)) {
    logger->set_level(spdlog::level::trace);
  }

  void flush() {
    const std::uint64_t count = ++flush_requests;
    logger->flush();
    sink->waitForFlush(count);
  }

  std::shared_ptr<Sink> sink;  // owned by this and by the logger, as spdlog demands
  std::shared_ptr<spdlog::details::thread_pool> pool;  // its destructor drains the queue
  std::shared_ptr<spdlog::async_logger> logger;  // owned by this and by the lines in the queue
  std::atomic<std::uint64_t> flush_requests = 0;
};

struct Log {
  std::shared_mutex mutex;  // shared to write and flush, alone to start and end
  std::unique_ptr<Running> running;
  std::atomic<bool> debug = false;
  std::atomic<bool> trace = false;
  RepeatFilter repeats;
};

// Never destroyed: a thread may still log while the process exits.
Log& theLog() {
  static Log* const kLog = new Log;  // NOLINT(*-avoid-non-const-global-variables): it is one
  return *kLog;
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

}  // namespace

Result<void, Error> open(const Settings& settings, std::span<const std::string> last_words) {
  auto destination = makeDestination(settings);
  if (!destination) return destination.error();
  for (const std::string& words : last_words)
    write(Level::info, words);
  flush();
  Log& log = theLog();
  const std::unique_lock lock(log.mutex);
  log.debug = settings.debug;
  log.trace = settings.trace;
  if (log.running) {
    log.running->sink->moveTo(std::move(*destination));
  } else {
    log.running = std::make_unique<Running>(std::move(*destination));
    [[maybe_unused]] static const int kRegistered = std::atexit(close);
  }
  return {};
}

void flush() {
  Log& log = theLog();
  const std::shared_lock lock(log.mutex);
  if (log.running) log.running->flush();
}

void close() {
  Log& log = theLog();
  const std::unique_lock lock(log.mutex);
  log.running.reset();
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

void reopen() {
  flush();
  Log& log = theLog();
  const std::shared_lock lock(log.mutex);
  if (log.running) {
    log.running->sink->reopen(wallNow());
  } else {
    directDestination()->reopen(wallNow());
  }
}

void write(Level level, std::string_view text) {
  if (!enabled(level)) return;
  Log& log = theLog();
  const std::shared_lock lock(log.mutex);
  if (!log.running) {
    directDestination()->write({level, wallNow(), text});
    return;
  }
  log.running->logger->log(toSpdlog(level), spdlog::string_view_t(text.data(), text.size()));
  if (level == Level::fatal) log.running->flush();
}

void writePlain(std::string_view text) {
  const std::string line = dateText(wallNow(), Zone::local);
  constexpr std::size_t kFractionSize = 7;
  writeAll(STDERR_FILENO,
           fmt::format("{} {}\n", line.substr(0, line.size() - kFractionSize), text));
}

bool admitOncePerSecond(std::string_view statement) {
  return theLog().repeats.admit(statement, monoNow());
}

}  // namespace gannet::log

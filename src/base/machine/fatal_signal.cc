#include "base/machine/fatal_signal.h"

#include "base/machine/program_symbols.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <ctime>

#include <dlfcn.h>
#include <link.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <unwind.h>

// The handler runs in a process that is broken: another thread may hold any lock, the heap may be
// in pieces. So it calls what is async-signal-safe, and what does nothing else in glibc: the
// unwinder, which finds its tables without a lock, and dladdr().
namespace gannet {
namespace {

struct Signal {
  int number;
  std::string_view name;
};

constexpr auto kSignals = std::to_array<Signal>({
    {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"},
    {SIGILL, "SIGILL"},
    {SIGFPE, "SIGFPE"},
    {SIGABRT, "SIGABRT"},
    {SIGSYS, "SIGSYS"},
});

constexpr std::size_t kStackSize = std::size_t{64} * 1024;
constexpr std::size_t kFrames = 64;

// For a line of the report. A pipe with room takes a whole one.
constexpr int kStderrWaitMs = 1000;

// Of other threads that die meanwhile: longer than any report takes.
constexpr timespec kOthersWait{5, 0};

// What the handler knows: it has no arguments of ours.
struct Report {
  // Written before it can run.
  std::array<char, 128> identity{};
  std::array<char, 64> build_id{};
  std::uintptr_t loaded_at = 0;

  std::atomic<void (*)()> prepare{nullptr};
  std::atomic<int> file{-1};
  std::atomic<bool> is_stderr_stuck{false};  // it took nothing for kStderrWaitMs
  std::atomic<pid_t> thread{0};              // that writes the report
};

Report& theReport() {
  static Report report;
  return report;
}

void writeAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Sanitizers have reports of their own, and this name.
bool isSanitized() {
  return ::dlsym(RTLD_DEFAULT, "__sanitizer_print_stack_trace") != nullptr;
}

// A line of the report. What does not fit is cut off.
class Line {
 public:
  Line& add(std::string_view text) {
    const std::size_t size = std::min(text.size(), text_.size() - 1 - size_);
    std::memcpy(text_.data() + size_, text.data(), size);
    size_ += size;
    return *this;
  }

  Line& addNumber(long number) { return addInBase(number, 10); }

  Line& addAddress(std::uintptr_t address) { return add("0x").addInBase(address, 16); }

  void write() {
    text_[size_++] = '\n';
    writeFatalReport({text_.data(), size_});
  }

 private:
  template <class T>
  Line& addInBase(T number, int base) {
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
    return add({digits.data(), static_cast<std::size_t>(end.ptr - digits.data())});
  }

  std::array<char, 1024> text_{};
  std::size_t size_ = 0;
};

// The return addresses of a stack, the innermost first.
struct Stack {
  struct Frame {
    std::uintptr_t address = 0;
    bool is_exact = false;  // the instruction itself, not the one behind a call
  };

  std::array<Frame, kFrames> frames{};
  std::size_t size = 0;
};

_Unwind_Reason_Code addFrame(_Unwind_Context* context, void* into) {
  auto& stack = *static_cast<Stack*>(into);
  if (stack.size == kFrames) return _URC_END_OF_STACK;
  int is_exact = 0;
  const auto address = static_cast<std::uintptr_t>(_Unwind_GetIPInfo(context, &is_exact));
  if (address == 0) return _URC_END_OF_STACK;
  stack.frames[stack.size++] = {address, is_exact != 0};
  return _URC_NO_REASON;
}

// From where the signal came in, if that is known, without the handler's own frames.
std::size_t firstFrame(const Stack& stack) {
  for (std::size_t i = 0; i < stack.size; ++i) {
    if (stack.frames[i].is_exact) return i;
  }
  return 0;
}

void writeFrame(const ProgramSymbols& symbols, std::size_t number, const Stack::Frame& frame) {
  Line line;
  line.add("  #").addNumber(static_cast<long>(number)).add(" ").addAddress(frame.address);
  // The line of a call is that of the byte before its return address.
  const std::uintptr_t place = frame.address - (frame.is_exact ? 0 : 1);
  Dl_info found{};
  if (::dladdr(std::bit_cast<const void*>(place), &found) != 0 && found.dli_fname != nullptr) {
    const auto base = reinterpret_cast<std::uintptr_t>(found.dli_fbase);
    const std::string_view path(found.dli_fname);
    line.add(" ").add(path.substr(path.rfind('/') + 1)).add("+").addAddress(place - base);
    const bool is_own = base == theReport().loaded_at;
    const auto own = is_own ? symbols.find(place - base) : ProgramSymbols::Function{};
    const char* const name = is_own ? own.name : found.dli_sname;
    if (name != nullptr) line.add(" ").add(name);
  }
  line.write();
}

void writeStack() {
  Stack stack;
  _Unwind_Backtrace(addFrame, &stack);
  const ProgramSymbols symbols;
  const std::size_t first = firstFrame(stack);
  for (std::size_t i = first; i < stack.size; ++i)
    writeFrame(symbols, i - first, stack.frames[i]);
}

void writeHead(int signal, const siginfo_t& info) {
  Line line;
  line.add(theReport().identity.data()).add(": fatal signal ");
  for (const Signal& known : kSignals) {
    if (known.number == signal) line.add(known.name);
  }
  line.add(" (").addNumber(signal).add(", code ").addNumber(info.si_code).add(")");
  if (signal == SIGSYS) {
    line.add(", system call ").addNumber(info.si_syscall);
  } else if (info.si_code > 0) {
    line.add(" at ").addAddress(reinterpret_cast<std::uintptr_t>(info.si_addr));
  } else {
    line.add(" from process ").addNumber(info.si_pid);
  }
  std::array<char, 17> thread{};
  ::prctl(PR_GET_NAME, thread.data());
  line.add(", thread ").add(thread.data()).add(", process ").addNumber(::getpid());
  line.write();
  if (theReport().build_id.front() == '\0') return;
  Line build;
  build.add("  build ").add(theReport().build_id.data()).write();
}

void onFatalSignal(int signal, siginfo_t* info, void* /*context*/) {
  const int error = errno;
  pid_t other = 0;
  if (theReport().thread.compare_exchange_strong(other, ::gettid())) {
    if (auto* const prepare = theReport().prepare.load()) prepare();
    writeHead(signal, *info);
    writeStack();
  } else if (other != ::gettid()) {
    static_cast<void>(
        ::nanosleep(&kOthersWait, nullptr));  // the report's end is the end of all threads
  }
  static_cast<void>(std::signal(signal, SIG_DFL));
  // A fault happens again when this returns, now with its usual end. What was sent is sent again,
  // and waits until this returns.
  if (info->si_code <= 0) static_cast<void>(::raise(signal));
  errno = error;
}

// Writes the bytes of a build id in hex, as many as there is room for.
void noteBuildId(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  auto& text = theReport().build_id;
  bytes = bytes.substr(0, text.size() / 2 - 1);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto value = static_cast<unsigned char>(bytes[i]);
    text[2 * i] = kDigits[value >> 4U];
    text[2 * i + 1] = kDigits[value & 0xFU];
  }
}

// Looks for the build id among the notes of a segment: name and value of each are padded to words.
void readNotes(std::string_view notes) {
  ElfW(Nhdr) note;
  while (notes.size() >= sizeof note) {
    std::memcpy(&note, notes.data(), sizeof note);
    const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
    const std::size_t value_at = sizeof note + padded(note.n_namesz);
    const std::size_t size = value_at + padded(note.n_descsz);
    if (size > notes.size()) return;
    if (note.n_type == NT_GNU_BUILD_ID) return noteBuildId(notes.substr(value_at, note.n_descsz));
    notes.remove_prefix(size);
  }
}

// Looks at the first module, which is the program.
int onModule(dl_phdr_info* module, std::size_t /*size*/, void* /*unused*/) {
  theReport().loaded_at = module->dlpi_addr;
  for (std::size_t i = 0; i < module->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = module->dlpi_phdr[i];
    if (segment.p_type != PT_NOTE) continue;
    readNotes({std::bit_cast<const char*>(module->dlpi_addr + segment.p_vaddr), segment.p_memsz});
  }
  return 1;
}

// A thread's second stack.
class SignalStack {
 public:
  SignalStack()
      : memory_(::mmap(nullptr, kStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                       0)) {
    if (memory_ == MAP_FAILED) return;
    stack_t stack{};
    stack.ss_sp = memory_;
    stack.ss_size = kStackSize;
    ::sigaltstack(&stack, nullptr);
  }

  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;

  ~SignalStack() {
    if (memory_ == MAP_FAILED) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    ::sigaltstack(&none, nullptr);
    ::munmap(memory_, kStackSize);
  }

 private:
  void* memory_;
};

}  // namespace

void reportFatalSignals(std::string_view identity) {
  if (isSanitized()) return;
  Report& report = theReport();
  identity.copy(report.identity.data(), report.identity.size() - 1);
  ::dl_iterate_phdr(onModule, nullptr);
  Stack unused;
  _Unwind_Backtrace(addFrame, &unused);  // what it does once, it does now
  prepareForFatalSignals();

  struct sigaction action {};

  action.sa_sigaction = onFatalSignal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (const Signal& fatal : kSignals)
    ::sigaction(fatal.number, &action, nullptr);
}

void prepareForFatalSignals() {
  if (isSanitized()) return;
  thread_local const SignalStack kStack;
  static_cast<void>(kStack);
}

void setFatalReportFile(int fd) {
  theReport().file.store(fd);
}

void forgetFatalReportFile(int fd) {
  theReport().file.compare_exchange_strong(fd, -1);
}

void beforeFatalReport(void (*prepare)()) {
  theReport().prepare = prepare;
}

void writeFatalReport(std::string_view text) {
  if (const int file = theReport().file.load(); file >= 0) writeAll(file, text);
  Report& report = theReport();
  if (report.is_stderr_stuck.load()) return;
  // A pipe that nobody reads must not keep the process from its end.
  pollfd room{STDERR_FILENO, POLLOUT, 0};
  const bool has_room = ::poll(&room, 1, kStderrWaitMs) == 1 && (room.revents & POLLOUT) != 0;
  has_room ? writeAll(STDERR_FILENO, text) : report.is_stderr_stuck.store(true);
}

}  // namespace gannet

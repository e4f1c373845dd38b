#include "base/log/file.h"

#include "base/errno_text.h"
#include "base/machine/fatal_signal.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gannet::log {
namespace {

constexpr ::mode_t kMode = 0640;

std::filesystem::path folderOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

// The backups of `path` beside it, oldest first: their names sort by time.
std::vector<std::string> backupsOf(const std::filesystem::path& path, std::error_code& error) {
  const std::string base = path.filename();
  std::vector<std::string> names;
  for (auto entry = std::filesystem::directory_iterator(folderOf(path), error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string name = entry->path().filename();
    if (isBackupName(base, name)) names.push_back(std::move(name));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::int64_t doubled(std::int64_t limit) {
  return limit > std::numeric_limits<std::int64_t>::max() / 2 ? limit : limit * 2;
}

}  // namespace

Result<std::unique_ptr<FileDestination>, Error> FileDestination::open(std::string path,
                                                                      FileLimits limits,
                                                                      const LineStyle& style,
                                                                      WallTime now) {
  std::unique_ptr<FileDestination> file(new FileDestination(std::move(path), limits, style));
  if (auto opened = file->openFile(); !opened) return opened.error();
  if (limits.size_bytes > 0 && file->size_ > limits.size_bytes) {
    file->write({Level::info, now, "Rotating logfile..."});
  }
  return file;
}

FileDestination::FileDestination(std::string path, FileLimits limits, const LineStyle& style)
    : path_(std::move(path)), limits_(limits), style_(style), rotate_above_(limits.size_bytes) {}

FileDestination::~FileDestination() {
  if (fd_ < 0) return;
  forgetFatalReportFile(fd_);
  ::close(fd_);
}

// Replaces the open file by the one that `path_` names now, or leaves all as it was.
Result<void, Error> FileDestination::openFile() {
  const int fd = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, kMode);

  struct stat status {};

  if (fd < 0 || ::fstat(fd, &status) != 0) {
    const int why = errno;
    if (fd >= 0) ::close(fd);
    return Error{"error opening file: open " + path_ + ": " + errnoText(why)};
  }
  setFatalReportFile(fd);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  size_ = status.st_size;
  return {};
}

void FileDestination::append(const Line& line, std::string_view end) {
  const std::string text = lineText(line, style_).append(end);
  if (writeAll(fd_, text)) size_ += static_cast<std::int64_t>(text.size());
}

void FileDestination::write(const Line& line) {
  append(line, "\n");
  if (limits_.size_bytes > 0 && size_ > rotate_above_) rotate(line.time);
}

void FileDestination::note(WallTime now, std::string_view text) {
  append({Level::info, now, text}, "\r\n");
}

// Renaming an open file is safe, so the old descriptor stays until the new file is open: a failure
// at any step leaves a log that still works.
void FileDestination::rotate(WallTime now) {
  const std::string backup = backupName(path_, now);
  std::string why;
  if (::rename(path_.c_str(), backup.c_str()) != 0) {
    why = "rename " + path_ + " " + backup + ": " + errnoText(errno);
  } else if (auto opened = openFile(); !opened) {
    why = opened.error().text;
  }
  if (!why.empty()) {
    rotate_above_ = doubled(rotate_above_);
    note(now, fmt::format("Unable to close logfile for rotation ({}), will attempt next rotation "
                          "at size {}",
                          why, rotate_above_));
    return;
  }
  rotate_above_ = limits_.size_bytes;
  note(now, fmt::format("Rotated log, backup saved as \"{}\"", backup));
  if (limits_.max_num > 0) purge(now);
}

void FileDestination::purge(WallTime now) {
  const std::filesystem::path folder = folderOf(path_);
  std::error_code error;
  const std::vector<std::string> backups = backupsOf(path_, error);
  if (error) {
    note(now, fmt::format("Unable to read directory \"{}\" for log purge (open {}: {}), will "
                          "attempt next rotation",
                          folder.string(), folder.string(), errnoText(error.value())));
    return;
  }
  const auto kept = static_cast<std::size_t>(limits_.max_num - 1);
  for (std::size_t i = 0; i + kept < backups.size(); ++i) {
    const std::string path = folder / backups[i];
    if (::unlink(path.c_str()) == 0) {
      note(now, fmt::format("Purged log file \"{}\"", backups[i]));
    } else {
      note(now, fmt::format("Unable to remove backup log file \"{}\" (remove {}: {}), will attempt "
                            "next rotation",
                            backups[i], path, errnoText(errno)));
    }
  }
}

void FileDestination::reopen(WallTime now) {
  if (const auto opened = openFile(); opened) {
    write({Level::info, now, "File log re-opened"});
  } else {
    write({Level::error, now, opened.error().text});
  }
}

}  // namespace gannet::log

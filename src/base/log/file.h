#pragma once

#include "base/log/destination.h"
#include "base/result.h"

#include <cstdint>
#include <memory>
#include <string>

namespace gannet::log {

// When a file is rotated and how many are kept.
struct FileLimits {
  std::int64_t size_bytes = 0;  // 0: never rotated
  int max_num = 0;              // the live file counts; 0: all are kept
};

// A log file that is appended to and, with a size limit, rotated: the line that takes it over the
// limit is its last, it gets its time as a suffix, and a new file of the old name begins with a
// line that says so. Spec: config-and-cli §7.2, §7.3
class FileDestination : public Destination {
 public:
  // Opens or creates `path`. `now` stamps the line with which a file that is too large already is
  // rotated. Errors: "error opening file: open PATH: WHY".
  static Result<std::unique_ptr<FileDestination>, Error> open(std::string path, FileLimits limits,
                                                              const LineStyle& style, WallTime now);

  ~FileDestination() override;

  void write(const Line& line) override;

  // Keeps writing to the old file where the new one cannot be opened, and says why.
  void reopen(WallTime now) override;

 private:
  FileDestination(std::string path, FileLimits limits, const LineStyle& style);

  Result<void, Error> openFile();
  void append(const Line& line, std::string_view end);
  void rotate(WallTime now);
  void purge(WallTime now);
  void note(WallTime now, std::string_view text);

  std::string path_;
  FileLimits limits_;
  LineStyle style_;
  std::int64_t rotate_above_;  // the limit, doubled after each failure to rotate
  std::int64_t size_ = 0;
  int fd_ = -1;
};

}  // namespace gannet::log

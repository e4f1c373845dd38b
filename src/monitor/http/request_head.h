#pragma once

#include "base/result.h"
#include "monitor/http/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::monitor {

// The answer to what is no request that can be served; the connection ends with it.
struct Refusal {
  std::string status;  // of the status line
  std::string body;    // empty: the status
};

// What is known of a request before its body: of its fields only what they mean for the connection.
struct RequestHead {
  std::string method;
  Target target;
  int minor = 1;                     // of HTTP/1.x
  std::uint64_t content_length = 0;  // 0 with is_chunked
  bool is_chunked = false;
  bool keeps_alive = true;       // another request may follow the answer
  bool awaits_continue = false;  // the client sends no body before a 100 Continue
  bool expects_other = false;    // something that nobody knows

  [[nodiscard]] bool hasBody() const { return is_chunked || content_length > 0; }
};

// Reads the head of one request line by line, as strictly and as leniently as net/http of Go does:
// a general parser of HTTP refuses what the reference serves (lines that end in LF alone, HTTP/1.2,
// a field of a megabyte), and serves what it refuses.
//
// Cost    Copies a line and the few fields that matter.
// Errors  In the order of the reference: the request line at once, then lines that are no field;
//         what fields mean, and all that names a reason, at the head's end.
// Spec    monitoring §1.3
class HeadParser {
 public:
  enum class Step : std::uint8_t { more, complete };

  // Takes the next line, without its LF. Nothing may follow `complete` or an error.
  Result<Step, Refusal> take(std::string_view line);

  // What was read, once it is complete.
  [[nodiscard]] RequestHead& head() { return head_; }

 private:
  // Each says whether the head may be valid so far.
  bool takeRequestLine(std::string_view line);
  bool takeField(std::string_view field);
  bool endField();

  std::optional<Refusal> finish();
  std::optional<Refusal> findFraming();
  void findPersistence();

  RequestHead head_;
  int major_ = 0;                     // of HTTP/x.y
  bool has_line_ = false;             // the request line has been read
  bool has_bad_name_ = false;         // of a field
  std::optional<std::string> field_;  // which the next line may continue
  std::vector<std::string> hosts_;    // values, by field
  std::vector<std::string> lengths_;
  std::vector<std::string> encodings_;
  std::vector<std::string> connection_;
  std::vector<std::string> expectations_;
};

}  // namespace gannet::monitor

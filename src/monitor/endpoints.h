#pragma once

#include "monitor/http/target.h"
#include "monitor/source.h"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::monitor {

class Query;

struct Response {
  int status = 200;
  std::string content_type = "application/json";  // empty: not told
  std::string body;
  std::string location;    // of a redirect
  bool is_shared = false;  // may be read by pages of other origins
  bool is_opaque = false;  // its type is not to be guessed
  bool is_last = false;    // the connection ends with it
};

using Respond = std::function<void(Response)>;

// What stands at which path, and what is answered there. Knows nothing of sockets.
//
// Threads  That of the HTTP server only.
// Spec     monitoring §1.2, §1.3
class Endpoints {
 public:
  struct Settings {
    std::string base_path;  // as configured
    std::string version;    // the reference's; shown on the root page
  };

  Endpoints(Source& source, const Settings& settings);

  // Answers a request. Its method matters only for what is no endpoint: redirects, "*". `respond`
  // is called once, during the call or later on this thread; never, if the Source never replies.
  void serve(std::string_view method, const Target& target, const Respond& respond);

  // Requests so far by path, as /varz shows them.
  [[nodiscard]] const std::map<std::string, std::uint64_t>& requests() const { return requests_; }

 private:
  struct Row {
    std::string_view path;
    std::string_view counted_as;  // empty: not counted
    bool counts_bad_queries;      // or only those whose parameters can be read
    void (Endpoints::*handle)(const Query& query, const Respond& respond);
    std::string_view title;  // on the root page; empty: no link
  };

  static const std::vector<Row>& rows();

  void root(const Query& query, const Respond& respond);
  void debugVars(const Query& query, const Respond& respond);
  void varz(const Query& query, const Respond& respond);
  void connz(const Query& query, const Respond& respond);
  void subsz(const Query& query, const Respond& respond);
  void healthz(const Query& query, const Respond& respond);
  void jsz(const Query& query, const Respond& respond);
  void accountz(const Query& query, const Respond& respond);
  void accstatz(const Query& query, const Respond& respond);
  void routez(const Query& query, const Respond& respond);
  void leafz(const Query& query, const Respond& respond);
  void gatewayz(const Query& query, const Respond& respond);
  void raftz(const Query& query, const Respond& respond);
  void ipqueuesz(const Query& query, const Respond& respond);
  void slowz(const Query& query, const Respond& respond);
  void metrics(const Query& query, const Respond& respond);
  void count(std::string_view path);

  Source& source_;
  std::string base_path_;  // clean; empty for /
  std::string version_;
  std::map<std::string, std::uint64_t> requests_;
};

}  // namespace gannet::monitor

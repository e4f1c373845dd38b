#include "config/help.h"

#include "config/tls_names.h"

#include <fmt/format.h>

namespace gannet::config {
namespace {

constexpr std::string_view kOptions = R"(
Server Options:
    -a, --addr, --net <host>         Address for clients (default: 0.0.0.0)
    -p, --port <port>                Port for clients, -1 for any (default: 4222)
    -n, --name
        --server_name <server_name>  Name of this server (default: auto)
    -P, --pid <file>                 File that gets the process id
    -m, --http_port <port>           Port for HTTP monitoring
    -ms,--https_port <port>          Port for HTTPS monitoring
    -c, --config <file>              Configuration file
    -t                               Check the configuration and exit
    -sl,--signal <signal>[=<pid>]    Send a signal to a running server
                                     (ldm, stop, quit, term, reopen, reload)
                                     <pid> is a process id, a prefix of some with *,
                                     or the path of a PID file
        --client_advertise <string>  Address that clients are told
        --ports_file_dir <dir>       Folder for the file of open ports
                                     (<executable_name>_<pid>.ports)
        --shards <number>            Threads that serve clients (default: one a core)

Logging Options:
    -l, --log <file>                 File to log to
    -T, --logtime                    Date and time in log lines (default: true)
        --logtime_utc                Timestamps in UTC instead of local timezone (default: false)
    -s, --syslog                     Log to the local syslog
    -r, --remote_syslog <addr>       Log to a remote syslog (udp://localhost:514)
    -D, --debug                      Log debug lines
    -V, --trace                      Log every protocol line
    -VV                              Trace the server's own client too
    -DV                              Debug and trace
    -DVV                             Debug and verbose trace
        --log_size_limit <limit>     Bytes after which the log file is rotated (default: auto)
        --max_traced_msg_len <len>   Bytes of a payload that a trace shows (default: unlimited)

JetStream Options:
    -js, --jetstream                 Streams on disk (not available yet)
    -sd, --store_dir <dir>           Folder of the streams (no effect yet)

Authorization Options:
        --user <user>                User that clients must name
        --pass <password>            Password that goes with it
        --auth <token>               Token that clients must name

TLS Options:
        --tls                        TLS for clients, without checking theirs
        --tlscert <file>             Certificate of the server
        --tlskey <file>              Private key of the server
        --tlsverify                  TLS, and clients must have a certificate
        --tlscacert <file>           Authorities that clients are checked with

Cluster Options (not available yet):
        --routes <rurl-1, rurl-2>    Servers to connect to
        --cluster <cluster-url>      Address for other servers
        --cluster_name <string>      Name of the cluster
        --no_advertise <bool>        Keep client addresses from other servers
        --cluster_advertise <string> Address that other servers are told
        --connect_retries <number>   Attempts to connect to an unknown route
        --cluster_listen <url>       Address for other servers

Profiling Options (not available yet):
        --profile <port>             Port for profiling

Common Options:
    -h, --help                       This text
    -v, --version                    The version
        --help_tls                   Help on TLS
)";

constexpr std::string_view kTlsExample = R"(
TLS is configured in the tls block of the configuration file:

    tls {
      cert_file: "./certs/server-cert.pem"
      key_file:  "./certs/server-key.pem"
      ca_file:   "./certs/ca.pem"

      # Clients must show a certificate of these authorities:
      verify: true
      # ... and it names their user (not available yet):
      # verify_and_map: true

      # What to use, in order of preference:
      cipher_suites: [
        "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"
      ]
      curve_preferences: [
        "X25519"
        "CurveP256"
      ]
    }

Available cipher suites include:
)";

constexpr std::string_view kTlsEnd = R"(
OCSP options (not available yet):

    tls { ocsp_peer: true }   asks the issuer whether a client's certificate was revoked
    ocsp_cache: true          remembers the answers
)";

}  // namespace

std::string helpText(std::string_view program) {
  return fmt::format("\nUsage: {} [options]\n{}", program, kOptions);
}

std::string tlsHelpText() {
  std::string out(kTlsExample);
  for (const CipherSuite& suite : cipherSuites())
    out += fmt::format("    {}\n", suite.name);
  out += "\nAvailable curve preferences include:\n";
  for (const Curve& curve : curves())
    out += fmt::format("    {}\n", curve.name);
  out += kTlsEnd;
  return out;
}

}  // namespace gannet::config

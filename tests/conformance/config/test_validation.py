"""What is checked at start only, and the fatal errors of a start.

Spec: config-and-cli §4 (the core's rows), §7.1, §7.5; checklist 34, 37, 49, 73. None of this is
checked under `-t`.
"""
import re
import socket

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"

REFUSED = [
    ("lame_duck_duration: 30s, lame_duck_grace_period: 30s",
     "lame duck grace period (30s) should be strictly lower than lame duck duration (30s)"),
    ("lame_duck_grace_period: 1h",
     "lame duck grace period (1h0m0s) should be strictly lower than lame duck duration (2m0s)"),
    ('lame_duck_grace_period: "2m1.5s"',
     "lame duck grace period (2m1.5s) should be strictly lower than lame duck duration (2m0s)"),
    ("max_payload: 100MB", "max_payload (104857600) cannot be higher than max_pending (67108864)"),
    ("max_payload: 2k, max_pending: 1k",
     "max_payload (2000) cannot be higher than max_pending (1000)"),
    ("max_pending: 1023", "max_payload (1048576) cannot be higher than max_pending (1023)"),
    # the first of several, in the chapter's order
    ("max_payload: 2k, max_pending: 1k, lame_duck_grace_period: 1h",
     "lame duck grace period (1h0m0s) should be strictly lower than lame duck duration (2m0s)"),
]


@pytest.mark.parametrize("entries, reason", REFUSED, ids=[row[0] for row in REFUSED])
def test_options_that_contradict_each_other_prevent_the_start(check, run_server, entries, reason):
    assert check(LISTEN + entries).valid  # not a matter of the check
    done = run_server(["-c", str(check.folder / "nats.conf")])
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"nats-server: {reason}\n")


ALLOWED = ["lame_duck_duration: 30s, lame_duck_grace_period: 29s",
           "max_payload: 64MB", "max_payload: 1k, max_pending: 1k"]


@pytest.mark.parametrize("entries", ALLOWED)
def test_bounds_may_be_touched(start, entries):
    assert "Server is ready" in start(LISTEN + entries).log()


def test_a_blank_in_the_server_name_of_a_flag_prevents_the_start(run_server):
    done = run_server(["-a", "127.0.0.1", "-p", "-1", "-n", "a b"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "nats-server: server name cannot contain spaces\n"


def fatal(log: str) -> str:
    """The fatal line's text; it is the last line of the log."""
    lines = log.splitlines()
    match = re.fullmatch(r"\[\d+\] \S+ \S+ \[FTL\] (.*)", lines[-1])
    assert match, log
    return match[1]


FATAL = [
    ("http: 127.0.0.1:-1, https: 127.0.0.1:-1",
     "Can't start monitoring: can't specify both HTTP (-1) and HTTPs (-1) ports"),
    ("http: 127.0.0.1:8222, https: 127.0.0.1:8223",
     "Can't start monitoring: can't specify both HTTP (8222) and HTTPs (8223) ports"),
    ("https: 127.0.0.1:-1", "Can't start monitoring: TLS cert and key required for HTTPS"),
    ('client_advertise: "a:b:c:d"',
     "Error setting server INFO with ClientAdvertise value of a:b:c:d,"
     " err=address a:b:c:d: too many colons in address"),
    ('client_advertise: "a:x"',
     "Error setting server INFO with ClientAdvertise value of a:x,"
     ' err=strconv.Atoi: parsing "x": invalid syntax'),
    ("pid_file: /nonexistent/x.pid",
     "Could not write pidfile: open /nonexistent/x.pid: no such file or directory"),
    ('http: "203.0.113.7:5999"',
     "Can't start monitoring: can't listen to the monitor port:"
     " listen tcp 203.0.113.7:5999: bind: cannot assign requested address"),
]


@pytest.mark.parametrize("entries, reason", FATAL, ids=[row[0] for row in FATAL])
def test_a_start_that_fails_says_why_and_exits_with_one(check, run_server, entries, reason):
    assert check(LISTEN + entries).valid
    done = run_server(["-c", str(check.folder / "nats.conf")])
    assert (done.returncode, done.stdout) == (1, "")
    assert fatal(done.stderr) == reason


ADDRESSES = [
    ("203.0.113.7:5999", "listen tcp 203.0.113.7:5999: bind: cannot assign requested address"),
    ("127.0.0.1:70000", "listen tcp: address 70000: invalid port"),
]


@pytest.mark.parametrize("address, reason", ADDRESSES)
def test_an_address_that_cannot_be_bound_is_fatal(check, run_server, address, reason):
    assert check(f'listen: "{address}"').valid
    done = run_server(["-c", str(check.folder / "nats.conf")])
    assert done.returncode == 1
    assert fatal(done.stderr) == f'Error listening on port: {address}, "{reason}"'


@pytest.fixture
def taken_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_busy_port_is_fatal(run_server, taken_port):
    done = run_server(["-a", "127.0.0.1", "-p", str(taken_port)])
    assert (done.returncode, done.stdout) == (1, "")
    assert fatal(done.stderr) == (
        f'Error listening on port: 127.0.0.1:{taken_port}, "listen tcp 127.0.0.1:{taken_port}:'
        ' bind: address already in use"')
    assert "Server is ready" not in done.stderr


def test_a_port_that_another_server_serves_is_busy(start, run_server):
    port = start().port
    done = run_server(["-a", "127.0.0.1", "-p", str(port)])
    assert done.returncode == 1
    assert "bind: address already in use" in fatal(done.stderr)


def test_a_busy_monitoring_port_is_fatal(run_server, taken_port):
    done = run_server(["-a", "127.0.0.1", "-p", "-1", "-m", str(taken_port)])
    assert (done.returncode, done.stdout) == (1, "")
    assert fatal(done.stderr) == (
        "Can't start monitoring: can't listen to the monitor port:"
        f" listen tcp 127.0.0.1:{taken_port}: bind: address already in use")


LOGGERS = [
    (["-l", "/nonexistent/x.log"],
     "error opening file: open /nonexistent/x.log: no such file or directory"),
    (["-l", "/"], "error opening file: open /: is a directory"),
    (["-r", "foo://127.0.0.1:1"], 'error invalid network type: "foo"'),
    (["-r", "tcp://127.0.0.1:1"],
     'error connecting to syslog: "dial tcp 127.0.0.1:1: connect: connection refused"'),
    (["-r", "unix:///nonexistent"],
     'error connecting to syslog: "dial unix /nonexistent: connect: no such file or directory"'),
]


@pytest.mark.parametrize("args, reason", LOGGERS)
def test_a_logger_that_cannot_be_opened_ends_the_start_with_a_dated_line(run_server, args, reason):
    done = run_server(["-a", "127.0.0.1", "-p", "-1", *args])
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d " + re.escape(reason) + "\n", done.stderr)


# ---- warnings of a start

PLAINTEXT = "Plaintext passwords detected, use nkeys or bcrypt"
LARGE = ("Maximum payloads over 8.00 MB are generally discouraged and could lead to poor"
         " performance")
HASH = "$2a$04$ootHMFOgwEpnxCA5hnMYVucVg6gUoCQd2sCNb8vMSkGDyWaJAk2Iq"
WARNINGS = [
    ("authorization { user: a, pass: b }", [PLAINTEXT]),
    ("authorization { user: a, pass: '%s' }" % HASH, []),
    ("authorization { user: a, pass: '$2a$secret' }", [PLAINTEXT]),
    ("authorization { user: a, pass: '$2a$1' }", [PLAINTEXT]),
    ("authorization { user: a, pass: '$2a$99$broken' }", []),
    ("authorization { token: a }", []),
    ("authorization { token: '%s' }" % HASH, []),
    ("max_payload: 9MB", [LARGE]), ("max_payload: 8388609", [LARGE]), ("max_payload: 8MB", []),
    ("authorization { user: a, pass: b }\nmax_payload: 9MB", [PLAINTEXT, LARGE]),
]


@pytest.mark.parametrize("entries, warnings", WARNINGS, ids=[row[0] for row in WARNINGS])
def test_a_start_warns_of_what_is_legal_but_unwise(start, entries, warnings):
    log = start(LISTEN + entries).log()
    assert re.findall(r"\[WRN\] (.*)", log) == warnings


def test_a_ports_folder_that_does_not_exist_is_only_an_error_line(start):
    server = start(LISTEN + "ports_file_dir: /nonexistent/ports\n")
    server.wait_log("Error writing ports file")
    assert re.search(r"\[ERR\] Error writing ports file \(/nonexistent/ports/\S+_%d\.ports\):"
                     r" open \S+: no such file or directory\n" % server.pid, server.log())
    with server.connect() as client:
        client.expect_nothing()


@pytest.mark.parametrize("flags, reason", [
    (["-p", "-5"], 'Error listening on port: 127.0.0.1:-5, '
                   '"listen tcp: address -5: invalid port"'),
    (["-p", "-1", "-m", "99999"], "Can't start monitoring: can't listen to the monitor port: "
                                  "listen tcp: address 99999: invalid port"),
    (["-p", "-1", "-m", "-2"], "Can't start monitoring: can't listen to the monitor port: "
                               "listen tcp: address -2: invalid port")])
def test_a_port_that_cannot_be_is_fatal(run_server, flags, reason):
    done = run_server(["-a", "127.0.0.1", *flags])
    assert done.returncode == 1
    assert fatal(done.stderr) == reason


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_the_address_that_means_all_means_ipv6_too(start):
    server = start("listen: 0.0.0.0:-1\nhttp: 0.0.0.0:-1\n")
    for port in (server.port, server.monitor_port):
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=server.timeout).close()

"""The log: line format, start-up lines, levels, files, rotation, connection and trace lines.

Spec: config-and-cli §7; checklist 66, 68-76, 94.
"""
import datetime
import json
import os
import pathlib
import pty
import re
import signal
import socket
import subprocess

import pytest

LISTEN = "listen: 127.0.0.1:-1\n"
LOCAL = ["-a", "127.0.0.1", "-p", "-1"]
LEVEL = r"\[(INF|WRN|ERR|FTL|DBG|TRC)\]"
ZONE = pathlib.Path("/usr/share/zoneinfo/Etc/GMT-5")
DATE = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d\.\d{6}"


def untimed(line: str) -> str:
    """A line without process number and time."""
    match = re.fullmatch(rf"\[\d+\] (?:{DATE} )?({LEVEL} .*)", line)
    assert match, repr(line)
    return match[1]


# ---- format

@pytest.mark.parametrize("config, args, stamp", [
    ("", [], DATE + " "), ("logtime: true", [], DATE + " "), ("logtime: false", [], ""),
    ("", ["-T=false"], ""), ("logtime: false", ["-T"], DATE + " "),
    ("logtime: true", ["--logtime=false"], ""), ("logtime_utc: true", [], DATE + " ")])
def test_every_line_has_number_time_and_level(start, config, args, stamp):
    server = start(LISTEN + config + "\n", args=[*args, "-DV"])
    with server.connect() as client:
        client.ping()
    server.stop()
    for line in server.log().splitlines():
        assert re.match(rf"\[{server.pid}\] {stamp}{LEVEL} ", line), repr(line)


@pytest.mark.skipif(not ZONE.exists(), reason="the time zones are not installed")
@pytest.mark.parametrize("args, shift", [([], 5), (["--logtime_utc"], 0)])
def test_times_are_local_unless_utc_is_asked_for(start, args, shift):
    server = start(args=[*LOCAL, *args], env={"TZ": "Etc/GMT-5"})
    text = re.search(rf"\] ({DATE}) \[INF\] Server is ready", server.log())[1]
    logged = datetime.datetime.strptime(text, "%Y/%m/%d %H:%M:%S.%f")
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None)
    assert abs(logged - now - datetime.timedelta(hours=shift)) < datetime.timedelta(minutes=2)


def test_there_are_no_colours_where_no_terminal_is(start):
    assert "\x1b" not in start(args=[*LOCAL, "-DV"]).log()


def test_levels_are_coloured_on_a_terminal(server_path):
    """The only place where the server is started without the fixture: it needs a terminal."""
    ours, theirs = pty.openpty()
    server = subprocess.Popen([server_path, *LOCAL, "-DV"], stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while b"Server is ready" not in text:
            text += os.read(ours, 4096)
    finally:
        server.terminate()
        while server.poll() is None:
            try:
                os.read(ours, 4096)
            except OSError:  # the terminal is closed: the server has ended
                server.wait(10)
        os.close(ours)
    assert b"[\x1b[32mINF\x1b[0m] Server is ready" in text
    assert b"[\x1b[36mDBG\x1b[0m] " in text


# ---- start-up lines

def test_the_start_is_logged_in_order(start):
    server = start(LISTEN + "http: 127.0.0.1:-1\nserver_name: n1\n"
                            "authorization { user: a, pass: b }")
    lines = [untimed(line) for line in server.log().splitlines()]
    if server.is_gannet:
        assert re.fullmatch(r"\[INF\] Gannet .*", lines.pop(5))
    expected = [
        r"\[INF\] Starting \S+", r"\[INF\]   Version:  2\.15\.2", r"\[INF\]   Git:      \[[^\]]+\]",
        r"\[INF\]   Name:     n1", r"\[INF\]   ID:       N[A-Z2-7]{55}",
        r"\[WRN\] Plaintext passwords detected, use nkeys or bcrypt",
        r"\[INF\] Using configuration file: " + re.escape(str(server.config_path))
        + r" \(sha256:[0-9a-f]{64}\)",
        r"\[INF\] Starting http monitor on 127\.0\.0\.1:\d+",
        rf"\[INF\] Listening for client connections on 127\.0\.0\.1:{server.port}",
        r"\[INF\] Server is ready"]
    assert len(lines) == len(expected), lines
    for line, pattern in zip(lines, expected):
        assert re.fullmatch(pattern, line), (line, pattern)
    with server.connect(user="a", **{"pass": "b"}) as client:
        assert f"  ID:       {client.info['server_id']}\n" in server.log()


def test_without_a_name_the_server_is_called_by_its_id(start):
    log = start(LISTEN).log()
    assert re.search(r"  Name:     (\w+)\n", log)[1] == re.search(r"  ID:       (\w+)\n", log)[1]


def test_the_digest_of_the_check_is_logged(start, check):
    server = start(LISTEN)
    digest = check(server.config_path.read_text()).digest
    assert f"Using configuration file: {server.config_path} ({digest})\n" in server.log()


CLIENT_TLS = [
    ("", ["TLS required for client connections"]),
    ("allow_non_tls: true", ["TLS available for client connections"]),
    ("handshake_first: true", [
        "TLS required for client connections",
        'Clients that are not using "TLS Handshake First" option will fail to connect']),
]


@pytest.mark.parametrize("entry, expected", CLIENT_TLS)
def test_tls_is_announced(start, certificates, entry, expected):
    inside, outside = (entry, "") if entry.startswith("handshake") else ("", entry)
    server = start(f"{LISTEN}{outside}\ntls {{ cert_file: {certificates}/server.pem,"
                   f" key_file: {certificates}/server.key\n{inside} }}")
    lines = [untimed(line)[6:] for line in server.log().splitlines()]
    assert lines[-1 - len(expected):] == [*expected, "Server is ready"]


def test_the_proxy_protocol_is_announced(start):
    log = start(LISTEN + "proxy_protocol: true\n").log()
    lines = [untimed(line)[6:] for line in log.splitlines()]
    assert lines[-2:] == ["PROXY protocol enabled for client connections", "Server is ready"]


# ---- connection and trace lines

def lines_of(server, client, levels="DBG|TRC|ERR|INF") -> list:
    """Level and text of the lines of one connection, without the changing parts of its prefix."""
    number = client.info["client_id"]
    pattern = rf" \[({levels})\] 127\.0\.0\.1:\d+ - cid:{number} - (.*)\n"
    return [f"{level} {text}" for level, text in re.findall(pattern, server.log())]


def traced(server, client, pings: int = 1) -> list:
    """The lines of a connection up to the answer to this many pings, the last sent here."""
    client.ping()

    def lines():
        found = lines_of(server, client)
        answers = [line for line in found if line.endswith("->> [PONG]")]
        return len(answers) == pings and found

    return server.wait_for(lines, "the trace of a ping")


def finish(server, client) -> list:
    """Closes the connection, waits until the server said so, returns its lines."""
    client.close()
    number = client.info["client_id"]
    server.wait_log(re.compile(rf"cid:{number} - .*Client connection closed"))
    return lines_of(server, client)


def connected(server, connect: dict, **more):
    """A client whose CONNECT is known to the byte."""
    client = server.raw()
    client.read_info()
    text = json.dumps({"verbose": False, **connect}, **more)
    client.send(b"CONNECT " + text.encode() + b"\r\n")
    return client, text


def test_the_life_of_a_connection_is_debug(start):
    server = start(args=[*LOCAL, "-D"])
    client, _ = connected(server, {})
    client.ping()
    assert finish(server, client) == [
        "DBG Client connection created", "DBG Client connection closed: Client Closed"]


LABELS = [
    ({}, ""), ({"name": "app"}, '"app" - '), ({"lang": "go"}, '"go" - '),
    ({"version": "1.2"}, '"v1.2" - '), ({"version": "1", "lang": "py"}, '"v1:py" - '),
    ({"version": "1.2", "lang": "py", "name": "a b"}, '"v1.2:py:a b" - '),
    ({"name": 'a"b\n'}, r'"a\"b\n" - '),
]


def test_after_connect_the_prefix_names_the_client(start):
    server = start(args=[*LOCAL, "-D"])
    for connect, label in LABELS:
        client, _ = connected(server, connect)
        client.ping()
        closed = finish(server, client)[-1]
        assert closed == f"DBG {label}Client connection closed: Client Closed", connect


def test_after_authentication_the_prefix_names_the_user(start):
    server = start(LISTEN + "authorization { user: bob, pass: pw }\n", args=["-D"])
    client, _ = connected(server, {"user": "bob", "pass": "pw", "name": "app"})
    client.ping()
    assert finish(server, client)[-1] == (
        'DBG "app" - "$G/user:bob" - Client connection closed: Client Closed')
    server = start(LISTEN + "authorization { token: tok }\n", args=["-D"])
    client, _ = connected(server, {"auth_token": "tok"})
    client.ping()
    assert finish(server, client)[-1] == (
        'DBG "$G/token" - Client connection closed: Client Closed')


FAILURES = [
    ({"user": "eve", "pass": "secret"}, ' - User "eve"'), ({"user": "eve"}, ' - User "eve"'),
    ({"auth_token": "secret"}, ' - Token "[REDACTED]"'), ({}, ""),
]


def test_a_failed_authentication_is_an_error_line_without_secrets(start):
    server = start(LISTEN + "authorization { user: bob, pass: pw }\n", args=["-DV"])
    for connect, who in FAILURES:
        client, _ = connected(server, connect)
        assert client.read_to_close() == b"-ERR 'Authorization Violation'\r\n"
        lines = finish(server, client)
        assert lines[2:] == [
            f"ERR authentication error{who}", "TRC ->> [-ERR Authorization Violation]",
            "DBG Client connection closed: Authentication Failure"]
    assert "secret" not in server.log()


def test_a_client_that_is_not_let_in_has_no_name_in_its_lines(start):
    for config, connect in [("authorization { token: t }\n", {"auth_token": "wrong"}),
                            ("", {"account": "other"})]:
        server = start(LISTEN + config, args=["-DV"])
        client, _ = connected(server, {"name": "n", "lang": "l", "version": "v", **connect})
        assert client.read_to_close() == b"-ERR 'Authorization Violation'\r\n"
        finish(server, client)
        assert ' - "' not in server.log()


def test_an_authentication_that_never_comes_times_out(start):
    server = start(LISTEN + "authorization { token: t, timeout: 0.1 }\n", args=["-D"])
    client = server.raw()
    client.read_info()
    assert client.read_to_close() == b"-ERR 'Authentication Timeout'\r\n"
    assert finish(server, client) == [
        "DBG Client connection created", "DBG Authentication Timeout",
        "DBG Client connection closed: Authentication Timeout"]


def test_a_protocol_error_is_logged_with_what_was_read(start):
    server = start(args=[*LOCAL, "-D"])
    client, _ = connected(server, {})
    client.ping()
    client.send(b"FOO\r\n")
    client.read_to_close()
    lines = finish(server, client)
    assert re.fullmatch(r"ERR Client parser ERROR, state=\d+, i=\d+: proto='\"FOO.*\"?\.\.\.'",
                        lines[1]), lines
    assert lines[-1] == "DBG Client connection closed: Protocol Violation"


SESSION = [  # what a client sends, what the trace shows of it
    (b"SUB foo 1\r\n", ["<<- [SUB foo 1]"]),
    (b"SUB foo  q  2\r\n", ["<<- [SUB foo  q  2]"]),
    (b"PUB foo 5\r\nhello\r\n", [
        "<<- [PUB foo 5]", '<<- MSG_PAYLOAD: ["hello"]', "->> [MSG foo 1 5]",
        '->> MSG_PAYLOAD: ["hello"]', "->> [MSG foo 2 5]", '->> MSG_PAYLOAD: ["hello"]']),
    (b"UNSUB 2\r\n", ["<<- [UNSUB 2]", "<-> [DELSUB 2]"]),
    (b"PUB foo 0\r\n\r\n", ["<<- [PUB foo 0]", "->> [MSG foo 1 0]"]),
    (b"pub foo bar 2\r\nhi\r\n", [
        "<<- [PUB foo bar 2]", '<<- MSG_PAYLOAD: ["hi"]', "->> [MSG foo 1 bar 2]",
        '->> MSG_PAYLOAD: ["hi"]']),
    (b"HPUB foo 18 20\r\nNATS/1.0\r\nA: B\r\n\r\nhi\r\n", [
        "<<- [HPUB foo 18 20]", r'<<- MSG_PAYLOAD: ["NATS/1.0\r\nA: B\r\n\r\nhi"]',
        "->> [HMSG foo 1 18 20]", r'->> MSG_PAYLOAD: ["NATS/1.0\r\nA: B\r\n\r\nhi"]']),
    (b"PUB foo 6\r\n\x01\"\xff\n\\\xc3\r\n", [
        "<<- [PUB foo 6]", r'<<- MSG_PAYLOAD: ["\x01\"\xff\n\\\xc3"]', "->> [MSG foo 1 6]",
        r'->> MSG_PAYLOAD: ["\x01\"\xff\n\\\xc3"]']),
    ("PUB foo 2\r\n\u00e9\r\n".encode(), [
        "<<- [PUB foo 2]", '<<- MSG_PAYLOAD: ["\u00e9"]', "->> [MSG foo 1 2]",
        '->> MSG_PAYLOAD: ["\u00e9"]']),
    (b"PUB bar 2\r\nhi\r\n", ["<<- [PUB bar 2]", '<<- MSG_PAYLOAD: ["hi"]']),
    (b"PONG\r\n", ["<<- [PONG]"]),
    (b"UNSUB 1 7\r\n", ["<<- [UNSUB 1 7]"]),
    (b"SUB a.b 3\r\n", ["<<- [SUB a.b 3]"]),
]


def test_a_trace_shows_every_operation_in_order(start):
    server = start(args=[*LOCAL, "-V"])
    client, text = connected(server, {"headers": True})
    before = traced(server, client)
    assert before == [f"TRC <<- [CONNECT {text}]", "TRC <<- [PING]", "TRC ->> [PONG]"]
    for pings, (sent, expected) in enumerate(SESSION, 2):
        client.send(sent)
        now = traced(server, client, pings)
        assert [line[4:] for line in now[len(before):]] == [
            *expected, "<<- [PING]", "->> [PONG]"], sent
        before = now


def test_verbose_acknowledgements_are_traced(start):
    server = start(args=[*LOCAL, "-V"])
    client, text = connected(server, {"verbose": True})
    assert traced(server, client) == [
        f"TRC <<- [CONNECT {text}]", "TRC ->> [OK]", "TRC <<- [PING]", "TRC ->> [PONG]"]


def test_subscriptions_of_a_closed_connection_are_traced_as_removed(start):
    server = start(args=[*LOCAL, "-DV"])
    client, _ = connected(server, {})
    client.send(b"SUB a 7\r\n")
    client.ping()
    finish(server, client)
    server.wait_for(lambda: "TRC <-> [DELSUB 7]" in lines_of(server, client), "its trace")


SECRETS = {"pass": "secret1", "password": "secret2", "auth_token": "secret3", "sig": "secret4",
           "nkey": "secret5", "proxy_sig": "secret6"}


@pytest.mark.parametrize("layout", [{}, {"separators": (",", ":")},
                                    {"separators": ("  ,  ", "  :  ")}])
def test_secrets_of_connect_are_redacted_and_the_rest_is_not(start, layout):
    server = start(args=[*LOCAL, "-V"])
    fields = {"user": "bob", **SECRETS, "lang": "x"}
    client, text = connected(server, fields, **layout)
    (line,) = [line for line in traced(server, client) if "CONNECT" in line]
    for secret in SECRETS.values():
        text = text.replace(f'"{secret}"', '"[REDACTED]"')
        assert secret not in line
    assert line == f"TRC <<- [CONNECT {text}]"


LIMITS = [
    ("trace: true\nmax_traced_msg_len: 4", [], "hell...", "NATS..."),
    ("trace: true", ["--max_traced_msg_len", "5"], "hello", "NATS/..."),
    ("trace: true\nmax_traced_msg_len: 0", [], "hello", r"NATS/1.0\r\nA: B\r\n\r\nhi"),
    ("trace_headers: true", [], None, r"NATS/1.0\r\nA: B"),
    ("trace_headers: true\nmax_traced_msg_len: 4", [], None, "NATS..."),
]


@pytest.mark.parametrize("config, args, plain, with_header", LIMITS)
def test_how_much_of_a_payload_is_traced(start, config, args, plain, with_header):
    server = start(LISTEN + config + "\n", args=args)
    client, _ = connected(server, {"headers": True})
    client.send(b"SUB foo 1\r\nPUB foo 5\r\nhello\r\n"
                b"HPUB foo 18 20\r\nNATS/1.0\r\nA: B\r\n\r\nhi\r\n")
    payloads = [line.split("MSG_PAYLOAD: ")[1] for line in traced(server, client)
                if "MSG_PAYLOAD" in line]
    expected = [f'["{plain}"]'] * 2 if plain is not None else []
    assert payloads == [*expected, *[f'["{with_header}"]'] * 2]


@pytest.mark.parametrize("config, shown", [("trace: true", False), ("trace_verbose: true", True)])
def test_the_servers_own_client_is_traced_only_verbosely(start, config, shown):
    server = start(LISTEN + config + "\n")
    with server.connect() as client:
        client.ping()
    server.stop()
    assert ("[TRC] SYSTEM - " in server.log()) is shown


# ---- log files

def read(path) -> str:
    """A log's text; none while a rotation has renamed it and not made the next one."""
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


@pytest.fixture
def logging_server(start, tmp_path):
    """Starts a server with these options that logs into tmp_path/log."""
    def begin(config="", args=()):
        path = tmp_path / "log"
        server = start(LISTEN + f"log_file: {path}\n{config}\n", args=list(args), wait=False)
        server.wait_for(lambda: "Server is ready" in read(path), "the log file")
        server.port = int(re.search(r"client connections on 127\.0\.0\.1:(\d+)", read(path))[1])
        server.host = "127.0.0.1"
        return server, path
    return begin


@pytest.mark.parametrize("how", ["log_file: {0}", "logfile: {0}", "-l", "--log"])
def test_the_log_goes_to_a_file(start, tmp_path, how):
    path = tmp_path / "log"
    path.write_text("old line\n")
    if how.startswith("-"):
        server = start(args=[*LOCAL, how, str(path)], wait=False)
    else:
        server = start(LISTEN + how.format(path), wait=False)
    server.wait_for(lambda: "Server is ready" in read(path), "the log file")
    assert read(path).startswith(f"old line\n[{server.pid}] ")
    assert "Starting" not in server.log()


def test_a_new_log_file_is_private(logging_server):
    _, path = logging_server()
    assert path.stat().st_mode & 0o137 == 0


def test_a_signal_reopens_the_file(logging_server, tmp_path):
    server, path = logging_server()
    path.rename(tmp_path / "moved")
    server.signal(signal.SIGUSR1)
    server.wait_for(lambda: "re-opened" in read(path), "the new log file")
    assert untimed(read(path).splitlines()[0]) == "[INF] File log re-opened"
    moved = read(tmp_path / "moved")
    assert untimed(moved.splitlines()[-1]) == '[INF] Trapped "user defined signal 1" signal'
    with server.connect() as client:
        client.expect_nothing()


BACKUP = re.compile(r"log\.\d{4}\.\d\d\.\d\d\.\d\d\.\d\d\.\d\d\.\d{9}")


def backups(folder) -> list:
    return sorted(path for path in folder.iterdir() if BACKUP.fullmatch(path.name))


def chatter(server, lines: int) -> None:
    """Makes the server trace about this many lines of 100 bytes and more."""
    with server.connect() as client:
        client.send((b"PUB a 40\r\n" + b"x" * 40 + b"\r\n") * (lines // 2))
        client.ping()


def test_a_file_over_its_limit_is_rotated(logging_server, tmp_path):
    server, path = logging_server("trace: true\nlog_size_limit: 20k")
    chatter(server, 300)
    (backup, *_) = server.wait_for(lambda: backups(tmp_path), "a backup")
    assert backup.stat().st_size > 20000
    server.wait_for(lambda: "Rotated log" in read(path), "the first line of the new file")
    first = path.read_bytes().split(b"\n")[0].decode()
    assert re.fullmatch(
        rf"\[{server.pid}\] {DATE} \[INF\] Rotated log, backup saved as"
        rf' "{re.escape(str(tmp_path))}/{BACKUP.pattern}"\r', first), first
    for backup in backups(tmp_path):  # one line more than the limit, no more
        *_, last = backup.read_bytes().rstrip(b"\n").split(b"\n")
        assert backup.stat().st_size - len(last) - 1 <= 20000


def test_rotation_loses_no_line(logging_server, tmp_path):
    server, path = logging_server("trace: true\nlog_size_limit: 5k")
    with server.connect() as client:
        for number in range(200):
            client.send(f"PUB n.{number:04} 0\r\n\r\n".encode())
        client.ping()
    server.stop()
    text = "".join(read(part) for part in [*backups(tmp_path), path])
    numbers = [int(number) for number in re.findall(r"<<- \[PUB n\.(\d{4}) 0\]", text)]
    assert numbers == list(range(200))


def test_only_so_many_files_are_kept(logging_server, tmp_path):
    (tmp_path / "log.2001.01.02.03.04.05.123456789").write_text("old\n")
    (tmp_path / "log.not-a-time").write_text("other\n")
    server, path = logging_server("trace: true\nlog_size_limit: 4k\nlog_max_num: 3")
    seen = set()
    for _ in range(6):
        before = set(backups(tmp_path))
        chatter(server, 80)
        server.wait_for(lambda: set(backups(tmp_path)) - before, "another backup")
        seen |= set(backups(tmp_path))
    server.stop()
    assert len(backups(tmp_path)) == 2
    assert not (tmp_path / "log.2001.01.02.03.04.05.123456789").exists()
    assert (tmp_path / "log.not-a-time").exists()
    text = "".join(read(part) for part in [*backups(tmp_path), path])
    assert re.search(r'\[INF\] Purged log file "log\.[0-9.]+"\r\n',
                     "".join(part.read_bytes().decode() for part in [*backups(tmp_path), path]))
    assert "Rotated log" in text


def test_a_file_that_is_too_large_already_is_rotated_at_the_start(start, tmp_path):
    path = tmp_path / "log"
    path.write_text("x" * 5000 + "\n")
    server = start(LISTEN + f"log_file: {path}\nlog_size_limit: 4k\n", wait=False)
    (backup,) = server.wait_for(lambda: backups(tmp_path), "a backup")
    server.wait_for(lambda: "Server is ready" in read(path), "the new file")
    head, line = read(backup).split("\n")[:2]
    assert head == "x" * 5000
    assert untimed(line) == "[INF] Rotating logfile..."


# ---- syslog

@pytest.fixture
def syslog():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(10)
        yield receiver


def test_a_remote_syslog_gets_texts_with_priority_and_tag(start, syslog):
    address = f"udp://127.0.0.1:{syslog.getsockname()[1]}"
    server = start(LISTEN + f"remote_syslog: '{address}'\ndebug: true\n", wait=False)
    lines = []
    while not (lines and lines[-1].endswith("Server is ready")):
        lines.append(syslog.recv(65536).decode().rstrip("\n"))
    pattern = r"<(\d+)>\S+ \S+ (\S+)\[(\d+)\]: (.*)"
    found = [re.fullmatch(pattern, line).groups() for line in lines]
    assert {pid for _, _, pid, _ in found} == {str(server.pid)}
    assert all(tag in ("nats-server", "gannet") for _, tag, _, _ in found)
    priorities = {priority for priority, *_ in found}
    assert priorities == {"5", "7"}  # notice and debug, without a facility
    assert "[INF]" not in "".join(lines)
    assert server.log() == ""


# Shows its first argument, a folder, as /var/run to the program behind it, and to nobody else.
BELOW_OWN_RUN = ["unshare", "--map-root-user", "--mount", "sh", "-c",
                 'mount --bind "$0" /var/run && exec "$@"']


@pytest.mark.parametrize("config, args", [
    ("syslog: true\n", []), ("", ["-s"]), ("", ["--syslog"])],
    ids=["file", "short flag", "flag"])
def test_the_local_syslog_gets_texts_with_priority_time_and_tag(start, tmp_path, config, args):
    if pathlib.Path("/dev/log").exists():
        pytest.skip("this machine's own syslog would get the lines")
    if subprocess.run([*BELOW_OWN_RUN, tmp_path, "true"], capture_output=True).returncode != 0:
        pytest.skip("no mount namespace may be made here")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "syslog"))
        receiver.settimeout(10)
        server = start(LISTEN + config, args=args, wrapper=[*BELOW_OWN_RUN, tmp_path], wait=False)
        lines = []
        while not (lines and lines[-1].endswith("Server is ready")):
            lines.append(receiver.recv(65536).decode().rstrip("\n"))
    pattern = rf"<29>\w{{3}} [ \d]\d \d\d:\d\d:\d\d (nats-server|gannet)\[{server.pid}\]: .*"
    assert [line for line in lines if not re.fullmatch(pattern, line)] == []
    assert server.log() == ""

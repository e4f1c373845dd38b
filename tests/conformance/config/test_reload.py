"""Reload: what may change, what each change does to the running server, what refuses the file.

Spec: config-and-cli §8; checklist 64, 77-80, 84-87, 91, 93, 94. The order of the lines between
"Trapped" and the end of a reload is not specified; their set is.
"""
import pathlib
import re
import signal
import ssl
import urllib.request

import pytest

BASE = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
ALWAYS = {"Reloaded: accounts", "Reloaded: authorization users"}  # count as changed each time
REFUSED = "Failed to reload server configuration: "
UNSUPPORTED = REFUSED + "config reload not supported for "
DONE = re.compile(r"Reloaded server configuration \(sha256:[0-9a-f]{64}\)")
VIOLATION = b"-ERR 'Authorization Violation'\r\n"


def texts(server) -> list:
    """The texts of the log lines after the start."""
    after = server.log().split("Server is ready\n", 1)[1]
    return [re.sub(r"^\[\d+\] (\S+ \S+ )?\[...\] ", "", line) for line in after.splitlines()]


def reload(server, config: str) -> list:
    """Reloads with this configuration; returns its refusal, or the sorted lines of its changes but
    for those that every reload logs, which have a test of their own."""
    before = len(texts(server))
    server.reload(config)
    lines = texts(server)[before:]
    lines = lines[lines.index('Trapped "hangup" signal') + 1:]  # behind what is still under way
    if lines[0].startswith(REFUSED):
        return lines[0]
    (end,) = [at for at, line in enumerate(lines) if DONE.fullmatch(line)]
    return sorted(set(lines[:end]) - ALWAYS)


def tls_block(certificates, more: str = "", name: str = "server") -> str:
    pair = f"cert_file: {certificates}/{name}.pem, key_file: {certificates}/{name}.key"
    return f"tls {{ {pair} {more} }}"


# ---- what is logged

CHANGES = [
    ("debug: true", ["debug = true"], ["debug = false"]),
    ("trace: true", ["trace = true"], ["trace = false"]),
    ("trace_verbose: true", ["trace = true", "trace_verbose = true"],
     ["trace = false", "trace_verbose = false"]),
    ("trace_headers: true", ["trace = true", "trace_headers = true"],
     ["trace = false", "trace_headers = false"]),
    ("logtime: false", ["logtime = false"], ["logtime = true"]),
    ("logtime_utc: true", ["logtime_utc = true"], ["logtime_utc = false"]),
    ("max_traced_msg_len: 5", ["max_traced_msg_len = 5"], ["max_traced_msg_len = 0"]),
    ("max_connections: 5", ["max_connections = 5"], ["max_connections = 65536"]),
    ("max_conn: 0", ["max_connections = -1"], ["max_connections = 65536"]),
    ("max_payload: 100", ["max_payload = 100"], ["max_payload = 1048576"]),
    ("max_control_line: 1k", ["max_control_line = 1000"], ["max_control_line = 4096"]),
    ("ping_interval: 5s", ["ping_interval = 5s"], ["ping_interval = 2m0s"]),
    ("ping_max: 7", ["ping_max = 7"], ["ping_max = 2"]),
    ("write_deadline: 1500ms", ["write_deadline = 1.5s"], ["write_deadline = 10s"]),
    ("no_fast_producer_stall: true", ["fast producers will not be stalled"],
     ["fast producers will be stalled"]),
    ("server_tags: a", ["tags"], ["tags"]),
    ("server_metadata: { a: b }", ["metadata"], ["metadata"]),
    ("authorization { user: a, pass: b }", ["authorization username", "authorization password"],
     ["authorization username", "authorization password"]),
    ("authorization { token: t }", ["authorization token"], ["authorization token"]),
    ("authorization { timeout: 5 }", ["authorization timeout = 5"],
     ["authorization timeout = 2"]),
]


@pytest.mark.parametrize("entry, there, back", CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_is_logged_and_so_is_its_return(start, entry, there, back):
    server = start(BASE)
    for config, expected in ((BASE + entry, there), (BASE, back)):
        lines = [f"Reloaded: {text}" for text in expected]
        assert reload(server, config) == sorted(lines)


def test_accounts_and_users_count_as_changed_in_every_reload(start):
    server = start(BASE)
    reload(server, BASE)
    assert {line for line in texts(server) if line.startswith("Reloaded: ")} == ALWAYS


def test_client_advertise_is_logged_in_its_own_way(start):
    server = start(BASE)
    assert "Reload: client_advertise = a:5" in reload(server, BASE + "client_advertise: 'a:5'")
    assert "Reload: client_advertise = " in reload(server, BASE)


TLS_CHANGES = [
    ("", ["authorization timeout = 3", "tls = enabled"]),
    (", timeout: 5", ["authorization timeout = 6", "tls timeout = 5"]),
    (", timeout: 5, handshake_first: true", ["Client TLS handshake first: true"]),
    (", timeout: 5, first: auto", ["Client TLS handshake first fallback delay: 50ms"]),
    (", timeout: 5, immediate: 'on'", ["Client TLS handshake first fallback delay: 0s"]),
    (", timeout: 5, handshake_first: 300ms",
     ["Client TLS handshake first fallback delay: 300ms"]),
    (f", timeout: 5, handshake_first: 300ms, pinned_certs: ['{'a' * 64}']", ["1 pinned_certs"]),
    (None, ["authorization timeout = 2", "tls timeout = 2", "tls = disabled", "0 pinned_certs",
            "Client TLS handshake first: false",
            "Client TLS handshake first fallback delay: 0s"]),
]


def test_changes_of_tls_are_logged(start, certificates):
    server = start(BASE)
    for more, expected in TLS_CHANGES:
        config = BASE if more is None else BASE + tls_block(certificates, more)
        lines = [f"Reloaded: {text}" for text in expected]
        assert reload(server, config) == sorted(lines), more


# ---- nothing changed

def test_an_unchanged_file_reloads_and_disturbs_nobody(start):
    config = BASE + "authorization { token: t }\n"
    server = start(config)
    before = server.json("/varz")["config_load_time"]
    with server.connect(auth_token="t", protocol=1) as client:
        client.send(b"SUB a 1\r\n")
        client.ping()
        assert reload(server, config) == []
        client.send(b"PUB a 2\r\nhi\r\n")
        assert client.ping() == b"MSG a 1 2\r\nhi\r\n"
    assert server.json("/varz")["config_load_time"] > before


def test_a_port_of_minus_one_stays_where_it_is(start):
    server = start(BASE)
    assert reload(server, BASE + "# changed\n") == []
    with server.connect() as client:
        assert client.info["port"] == server.port
    assert server.json("/varz")["port"] == server.port


def test_monitoring_shows_what_was_reloaded(start, check):
    server = start(BASE)
    config = BASE + "server_tags: [x, Y]\nserver_metadata { k: v }\nmax_payload: 7k\nping_max: 9\n"
    reload(server, config)
    varz = server.json("/varz")
    assert (varz["tags"], varz["metadata"]) == (["x", "y"], {"k": "v"})
    assert (varz["max_payload"], varz["ping_max"]) == (7000, 9)
    assert varz["config_digest"] == check(config).digest
    assert f"Reloaded server configuration ({varz['config_digest']})" in server.log()


def test_warnings_of_the_new_file_are_silent(start):
    server = start(BASE)
    assert reload(server, BASE + "write_deadline: 5") == ["Reloaded: write_deadline = 5s"]
    assert "should be converted" not in server.log()


def test_an_empty_file_means_all_defaults(start):
    server = start("debug: true\nmax_payload: 5\n", args=["-a", "127.0.0.1", "-p", "-1"])
    server.reload("")
    assert "Reloaded: debug = false" in texts(server)
    assert "Reloaded: max_payload = 1048576" in texts(server)


# ---- refused

NOT_RELOADABLE = [
    ("server_name: x", "ServerName: old=, new=x"),
    ("max_subscriptions: 5", "MaxSubs: old=0, new=5"), ("max_subs: 6", "MaxSubs: old=0, new=6"),
    ("max_sub_tokens: 5", "MaxSubTokens: old=0, new=5"),
    ("max_subscription_tokens: 6", "MaxSubTokens: old=0, new=6"),
    ("max_pending: 70MB", "MaxPending: old=67108864, new=73400320"),
    ("http_base_path: x", "HTTPBasePath: old=, new=x"),
    ("https_port: -1", "HTTPSPort: old=0, new=-1"),
    ("log_size_limit: 5k", "LogSizeLimit: old=0, new=5000"),
    ("logfile_size_limit: 5kb", "LogSizeLimit: old=0, new=5120"),
    ("log_max_num: 5", "LogMaxFiles: old=0, new=5"),
    ("logfile_max_num: 6", "LogMaxFiles: old=0, new=6"),
    ("lame_duck_duration: 40s", "LameDuckDuration: old=2m0s, new=40s"),
    ("lame_duck_grace_period: 5s", "LameDuckGracePeriod: old=10s, new=5s"),
    ("max_closed_clients: 5", "MaxClosedClients: old=10000, new=5"),
    ("write_timeout: close", "WriteTimeout: old=, new=close"),
    ("allow_non_tls: true", "AllowNonTLS: old=false, new=true"),
    ("tls { connection_rate_limit: 5 }", "TLSRateLimit: old=0, new=5"),
    ("no_header_support: true", "NoHeaderSupport: old=false, new=true"),
    ("proxy_protocol: true", "ProxyProtocol: old=false, new=true"),
]
LISTENERS = [
    ("listen: 127.0.0.1:4333\nhttp: 127.0.0.1:-1\n", "Port: old={port}, new=4333"),
    ("listen: localhost:-1\nhttp: 127.0.0.1:-1\n", "Host: old=127.0.0.1, new=localhost"),
    ("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:8222\n", "HTTPPort: old=-1, new=8222"),
    ("listen: 127.0.0.1:-1\nhttp: localhost:-1\n", "HTTPHost: old=127.0.0.1, new=localhost"),
    ("listen: 127.0.0.1:-1\n", "HTTPPort: old=-1, new=0"),
]


def test_an_option_that_cannot_change_refuses_the_file(start):
    server = start(BASE)
    rows = [(BASE + entry, change) for entry, change in NOT_RELOADABLE] + LISTENERS
    refusals = {config: reload(server, config) for config, _ in rows}
    assert refusals == {
        config: UNSUPPORTED + change.format(port=server.port) for config, change in rows}
    assert reload(server, BASE) == []


INVALID = [
    ("x: 1", "{0}:3:1: unknown field \"x\"\n"),
    ("max_sub_tokens: 0", "{0}:3:1: max_sub_tokens value can not be negative\n"),
    ("authorization { user: a, token: b }", "{0}:3:1: Cannot have a user/pass and token\n"),
    ("ping_interval: 5\nx: 1", "{0}:3:1: invalid use of field \"ping_interval\": ping_interval"
                               " should be converted to a duration\n{0}:4:1: unknown field"
                               " \"x\"\n"),
    ("a: b c", "Parse error on line 3: 'Expected a top-level value to end with a new line, comment"
               " or EOF, but got 'c' instead.'"),
    ("foo", "config is invalid ({0}:3:4)"),
    ("max_payload: 100MB", "max_payload (104857600) cannot be higher than max_pending (67108864)"),
    ("lame_duck_grace_period: 1h",
     "lame duck grace period (1h0m0s) should be strictly lower than lame duck duration (2m0s)"),
    ("client_advertise: 'a:x'",
     'invalid ClientAdvertise value of a:x, err=strconv.Atoi: parsing "x": invalid syntax'),
    ("tls { cert_file: /none, key_file: /none }",
     "{0}:3:1: error parsing X509 certificate/key pair: open /none: no such file or directory\n"),
]


def test_a_bad_file_is_refused_and_everything_stays(start):
    server = start(BASE + "max_payload: 5k\n")
    with server.connect() as client:
        varz = server.json("/varz")
        for entry, reason in INVALID:
            before = len(server.log())
            server.reload(BASE + entry)
            expected = "[ERR] " + REFUSED + reason.format(server.config_path)
            server.wait_log(expected)
            assert expected in server.log()[before:]
            client.expect_nothing()
        after = server.json("/varz")
        for key in ("config_load_time", "config_digest", "max_payload"):
            assert after[key] == varz[key]
    with server.connect() as client:
        assert client.info["max_payload"] == 5000
    assert "Reloaded" not in server.log()


def test_a_refused_file_applies_none_of_its_changes(start):
    server = start(BASE)
    load_time = server.json("/varz")["config_load_time"]
    assert reload(server, BASE + "debug: true\nmax_payload: 5\nmax_pending: 70MB\n") == (
        UNSUPPORTED + "MaxPending: old=67108864, new=73400320")
    with server.connect() as client:
        assert client.info["max_payload"] == 1 << 20
    assert server.json("/varz")["config_load_time"] == load_time
    assert "[DBG]" not in server.log()


def test_a_file_that_went_away_is_an_error_line(start):
    server = start(BASE)
    server.config_path.unlink()
    server.signal(signal.SIGHUP)
    server.wait_log("Failed to reload")
    assert texts(server)[-1] == (
        f"{REFUSED}open {server.config_path}: no such file or directory")


# ---- limits

def test_a_lower_max_connections_closes_the_surplus(start):
    server = start(BASE)
    clients = [server.connect() for _ in range(5)]
    lines = reload(server, BASE + "max_connections: 2")
    assert "Reloaded: max_connections = 2" in lines
    server.wait_log("Closed 3 connections to fall within max_connections")
    open_ones = 0
    for client in clients:
        client.send(b"PING\r\n")
        answer = client.read_line()
        if answer == b"PONG\r\n":
            open_ones += 1
        else:
            assert answer == b"-ERR 'maximum connections exceeded'\r\n"
            assert client.read_to_close() == b""
    assert open_ones == 2
    refused = server.raw()
    assert refused.read_to_close().endswith(b"-ERR 'maximum connections exceeded'\r\n")


def test_a_max_connections_of_zero_closes_all(start):
    server = start(BASE)
    clients = [server.connect() for _ in range(3)]
    reload(server, BASE + "max_connections: 0")
    for client in clients:
        assert client.read_to_close() == b"-ERR 'maximum connections exceeded'\r\n"
    assert server.raw().read_to_close().endswith(b"-ERR 'maximum connections exceeded'\r\n")
    reload(server, BASE)
    with server.connect() as client:
        client.expect_nothing()


def test_a_lower_max_payload_holds_for_existing_clients_at_once(start):
    server = start(BASE)
    with server.connect(protocol=1) as client:
        client.send(b"PUB a 11\r\nhello world\r\n")
        client.expect_nothing()
        reload(server, BASE + "max_payload: 10")
        client.expect_nothing()  # nobody is told
        client.send(b"PUB a 10\r\nhelloworld\r\n")
        client.expect_nothing()
        client.send(b"PUB a 11\r\n")
        assert client.read_to_close() == b"-ERR 'Maximum Payload Violation'\r\n"
    with server.connect() as client:
        assert client.info["max_payload"] == 10


def test_a_lower_max_control_line_holds_for_existing_clients_at_once(start):
    server = start(BASE)
    line = b"SUB " + b"a" * 150 + b" 1\r\n"
    with server.connect() as client:
        client.send(line)
        client.expect_nothing()
        reload(server, BASE + "max_control_line: 100")
        client.send(line)
        assert client.read_to_close() == b"-ERR 'maximum control line exceeded'\r\n"


def test_new_connections_are_pinged_at_the_new_interval(start):
    server = start(BASE)
    reload(server, BASE + "ping_interval: 50ms, ping_max: 2")
    with server.connect() as client:
        assert client.read_to_close() == b"PING\r\nPING\r\n-ERR 'Stale Connection'\r\n"


def test_client_advertise_changes_the_info_of_new_clients_only(start):
    server = start(BASE)
    with server.connect(protocol=1) as old:
        reload(server, BASE + "client_advertise: 'example.org:99'")
        with server.connect() as client:
            assert (client.info["host"], client.info["port"]) == ("example.org", 99)
        reload(server, BASE)
        with server.connect() as client:
            assert (client.info["host"], client.info["port"]) == ("127.0.0.1", server.port)
        old.expect_nothing()


# ---- authorization

def test_switching_authorization_on_closes_who_has_no_credentials(start):
    server = start(BASE)
    anonymous = server.connect()
    prepared = server.connect(auth_token="t")
    reload(server, BASE + "authorization { token: t }")
    assert anonymous.read_to_close() == VIOLATION
    prepared.expect_nothing()
    refused = server.raw()
    assert refused.read_info()["auth_required"] is True
    refused.connect()
    assert refused.read_to_close() == VIOLATION
    assert re.search(r"\[ERR\] 127\.0\.0\.1:\d+ - cid:\d+ - .*authentication error\n",
                     server.log())


def test_switching_authorization_off_lets_everybody_in(start):
    server = start(BASE + "authorization { token: t }\n")
    with server.connect(auth_token="t") as known:
        reload(server, BASE)
        known.expect_nothing()
        with server.connect() as client:
            assert not client.info.get("auth_required")


def test_a_changed_token_closes_who_has_the_old_one(start):
    server = start(BASE + "authorization { token: old }\n")
    client = server.connect(auth_token="old")
    reload(server, BASE + "authorization { token: new }\n")
    assert client.read_to_close() == VIOLATION
    with server.connect(auth_token="new") as client:
        client.expect_nothing()


def test_a_changed_password_closes_who_has_the_old_one(start):
    server = start(BASE + "authorization { user: u, pass: old }\n")
    client = server.connect(user="u", **{"pass": "old"})
    reload(server, BASE + "authorization { user: u, pass: new }\n")
    assert client.read_to_close() == b""
    assert "authentication error" not in server.log()
    with server.connect(user="u", **{"pass": "new"}) as client:
        client.expect_nothing()


# ---- TLS

def tls_client(server, certificates, name=None):
    """A client that has done its handshake, showing the certificate of this name."""
    context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
    if name:
        context.load_cert_chain(f"{certificates}/{name}.pem", f"{certificates}/{name}.key")
    client = server.raw()
    client.read_info()
    client.start_tls(context)
    client.connect()
    assert client.ping() == b""
    return client


def shown_certificate(client) -> bytes:
    return client.sock.getpeercert(binary_form=True)


def der(certificates: pathlib.Path, name: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert((certificates / f"{name}.pem").read_text())


def test_a_new_certificate_is_shown_to_new_clients_and_old_ones_stay(start, certificates):
    server = start(BASE + tls_block(certificates))
    old = tls_client(server, certificates)
    assert shown_certificate(old) == der(certificates, "server")
    assert "Reloaded: tls = enabled" in reload(
        server, BASE + tls_block(certificates, name="server2"))
    with tls_client(server, certificates) as client:
        assert shown_certificate(client) == der(certificates, "server2")
    old.expect_nothing()


def test_a_certificate_replaced_under_its_name_is_read_again(start, certificates, tmp_path):
    def install(name):
        for end in ("pem", "key"):
            (tmp_path / f"live.{end}").write_bytes((certificates / f"{name}.{end}").read_bytes())

    install("server")
    config = BASE + tls_block(tmp_path, name="live")
    server = start(config)
    install("server2")
    reload(server, config)
    with tls_client(server, certificates) as client:
        assert shown_certificate(client) == der(certificates, "server2")


def test_tls_is_switched_on_and_off_for_new_clients(start, certificates):
    server = start(BASE)
    with server.connect() as plain:
        more = f", verify: true, ca_file: {certificates}/ca.pem"
        reload(server, BASE + tls_block(certificates, more))
        with server.raw() as client:
            info = client.read_info()
            assert (info["tls_required"], info["tls_verify"]) == (True, True)
        with tls_client(server, certificates, "client") as encrypted:
            reload(server, BASE)
            encrypted.expect_nothing()
            with server.connect() as client:
                assert not client.info.get("tls_required")
        plain.expect_nothing()


def test_changed_pins_close_the_clients_that_do_not_match(start, certificates, key_pin):
    config = BASE + tls_block(certificates, ", ca_file: %s/ca.pem, verify: true {}" % certificates)
    server = start(config.replace("{}", ""))
    one = tls_client(server, certificates, "client")
    other = tls_client(server, certificates, "server2")
    pins = f", pinned_certs: ['{key_pin('client')}']"
    assert "Reloaded: 1 pinned_certs" in reload(server, config.replace("{}", pins))
    other.read_to_close()
    one.expect_nothing()
    server.wait_log("Disconnect 1 clients due to pinned certs reload")


# ---- logging

def test_tracing_begins_and_ends_for_existing_connections(start):
    server = start(BASE)
    with server.connect() as client:
        for config, traced in (("trace: true", True), ("", False), ("trace: true", True)):
            reload(server, BASE + config)
            before = len(server.log())
            client.ping()
            reload(server, BASE + config)  # a line behind those of the ping
            assert ("<<- [PING]" in server.log()[before:]) is traced, config


def test_a_changed_log_file_gets_what_follows(start, tmp_path):
    server = start(BASE)
    path = tmp_path / "log"
    server.write_config(BASE + f"log_file: {path}\n")
    server.signal(signal.SIGHUP)
    server.wait_for(lambda: path.exists() and "Reloaded server configuration" in path.read_text(),
                    "the new log file")
    assert f"Reloaded: log_file = {path}\n" in server.log()
    assert "Reloaded server configuration" not in server.log()
    server.write_config(BASE)
    server.signal(signal.SIGHUP)
    server.wait_log("Reloaded server configuration")
    assert "Reloaded: log_file = \n" in path.read_text()


# ---- flags

FLAGS = [  # flag, the file's opposite, what shows that the flag still counts
    (["-D"], "debug: false", lambda server: "Reloaded: debug" not in server.log()),
    (["-D=false"], "debug: true", lambda server: "Reloaded: debug" not in server.log()),
    (["-V=false"], "trace: true", lambda server: "Reloaded: trace" not in server.log()),
    (["-DV"], "debug: false", lambda server: "Reloaded: debug" not in server.log()),
    (["-T=false"], "logtime: true", lambda server: "Reloaded: logtime" not in server.log()),
    (["-T"], "logtime: false", lambda server: "Reloaded: logtime" not in server.log()),
    (["--client_advertise", "flag:5"], "client_advertise: 'file:6'",
     lambda server: server.raw().read_info()["host"] == "flag"),
    (["--auth", "flag"], "authorization { token: file }",
     lambda server: server.connect(auth_token="flag").ping() == b""),
]


@pytest.mark.parametrize("args, entry, holds", FLAGS, ids=[" ".join(row[0]) for row in FLAGS])
def test_a_flag_outlives_a_reload(start, args, entry, holds):
    server = start(BASE, args=args)
    assert reload(server, BASE + entry) == []
    assert holds(server)


def test_places_that_flags_name_outlive_a_reload(start, tmp_path):
    for name in ("flag", "file"):
        (tmp_path / name).mkdir()
    flags = {"-l": "log", "-P": "pid", "--ports_file_dir": ""}
    server = start("", args=[
        "-a", "127.0.0.1", "-p", "-1", "-m", "-1", "--user", "flag", "--pass", "secret",
        *[arg for flag, name in flags.items() for arg in (flag, tmp_path / "flag" / name)]],
        wait=False)
    log = tmp_path / "flag" / "log"
    server.wait_for(lambda: log.exists() and "Server is ready" in log.read_text(), "the start")
    server.port = int(re.search(r"client connections on \S+:(\d+)", log.read_text())[1])
    monitor = re.search(r"http monitor on \S+:(\d+)", log.read_text())[1]

    folder = tmp_path / "file"
    server.write_config(f"""listen: "127.0.0.2:1"\nhttp_port: 1\nlog_file: {folder}/log
        pid_file: {folder}/pid\nports_file_dir: {folder}
        authorization {{ user: file, password: secret }}""")
    server.signal(signal.SIGHUP)
    server.wait_for(lambda: "Reloaded server configuration" in log.read_text(), "the reload")

    assert list(folder.iterdir()) == []
    assert (tmp_path / "flag" / "pid").read_text() == str(server.pid)
    assert len(list((tmp_path / "flag").glob("*.ports"))) == 1
    server.connect(user="flag", **{"pass": "secret"}).close()
    with urllib.request.urlopen(f"http://127.0.0.1:{monitor}/healthz", timeout=10) as answer:
        assert answer.status == 200


def test_a_logtime_of_the_file_outlives_a_reload(start):
    server = start(BASE + "logtime: false\n")
    assert reload(server, BASE + "logtime: false\n# changed\n") == []
    assert re.fullmatch(r"\[\d+\] \[INF\] Reloaded .*", server.log().splitlines()[-1])

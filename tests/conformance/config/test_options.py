"""The core's options: types, bounds, aliases, defaults, warnings, and what they change.

Spec: config-and-cli §2, §3.1, §3.2, §9; checklist 4, 5, 10, 23-27, 34-36, 50. The `tls` block
has a file of its own, as have limits at work (the protocol suites) and checks at start (§4).
"""
import json

import pytest

DURATION = "time: invalid duration"
TOO_HIGH = ("is high, consider keeping it under 60 seconds. possibly caused by unquoted duration;"
            " use '1m' instead of 1m, for example")

WRONG = [  # the option alone in the file; its error stands at 1:0
    ('listen: "h"', 'could not parse address string "h"'),
    ('listen: ""', 'could not parse address string ""'),
    ('listen: "a:b:1"', 'could not parse address string "a:b:1"'),
    ('listen: "h:x"', 'could not parse port "x"'),
    ("listen: true", "expected port or host:port, got bool"),
    ("listen: 1.5", "expected port or host:port, got float64"),
    ('http: "h"', 'could not parse address string "h"'),
    ('http: "h:x"', 'could not parse port "x"'),
    ("https: off", "expected port or host:port, got bool"),
    ('server_name: "a b"', "server name cannot contain spaces"),
    ("server_tags: 3", "error parsing tags: unsupported type int64"),
    ("server_tags: {a: b}", "error parsing tags: unsupported type map[string]interface {}"),
    ("server_tags: [a, 1 ]",
     "error parsing tags: unsupported type *conf.token where string is expected"),
    ("server_metadata: 3", "error parsing metadata: unsupported type int64"),
    ("server_metadata: [a]", "error parsing metadata: unsupported type []interface {}"),
    ("max_sub_tokens: 256", "max_sub_tokens value is too big"),
    ("max_sub_tokens: 0", "max_sub_tokens value can not be negative"),
    ("max_sub_tokens: -1", "max_sub_tokens value can not be negative"),
    ("max_subscription_tokens: 300", "max_subscription_tokens value is too big"),
    ("max_subscription_tokens: 0", "max_subscription_tokens value can not be negative"),
    ("max_control_line: 2147483648", "max_control_line value is too big"),
    ("max_control_line: 2GB", "max_control_line value is too big"),
    ("max_payload: 2147483648", "max_payload value is too big"),
    ("MAX_PAYLOAD: 3g", "MAX_PAYLOAD value is too big"),
    ('ping_interval: "20"', 'error parsing ping_interval: time: missing unit in duration "20"'),
    ("ping_interval: x", f'error parsing ping_interval: {DURATION} "x"'),
    ('ping_interval: ""', f'error parsing ping_interval: {DURATION} ""'),
    ("ping_interval: 5x", 'error parsing ping_interval: time: unknown unit "x" in duration "5x"'),
    ("write_deadline: x", f'error parsing write_deadline: {DURATION} "x"'),
    ("write_timeout: x", "write_timeout must be 'default', 'close' or 'retry'"),
    ("write_timeout: Close", "write_timeout must be 'default', 'close' or 'retry'"),
    ("lame_duck_duration: 10s", "invalid lame_duck_duration of 10s, minimum is 30 seconds"),
    ('lame_duck_duration: "29.9s"', "invalid lame_duck_duration of 29.9s, minimum is 30 seconds"),
    ('lame_duck_duration: "0"', "invalid lame_duck_duration of 0s, minimum is 30 seconds"),
    ("lame_duck_duration: x", f'error parsing lame_duck_duration: {DURATION} "x"'),
    ("lame_duck_grace_period: x", f'error parsing lame_duck_grace_period: {DURATION} "x"'),
    ('lame_duck_grace_period: "-1s"', "invalid lame_duck_grace_period, needs to be positive"),
    ("authorization { token: t, pass: p }", "Cannot have a user/pass and token"),
    ("authorization { token: t, user: u }", "Cannot have a user/pass and token"),
    ("authorization { username: u, password: p, token: t }", "Cannot have a user/pass and token"),
    ("authorization { user: a, users: [] }",
     "Can not have a single user/pass and a users array"),
    ("authorization { user: a, pass: b, users: [] }",
     "Can not have a single user/pass and a users array"),
    ("authorization { users: [], username: a }",
     "Can not have a single user/pass and a users array"),
    ("authorization { token: t, users: [] }", "Can not have a token and a users array"),
    ("max_pings_out: 3", 'unknown field "max_pings_out"'),
    ("max_msgs: 3", 'unknown field "max_msgs"'),
]


@pytest.mark.parametrize("text, reason", WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_value_is_an_error_with_its_text(check, text, reason):
    assert check(text).problems == [f"nats.conf:1:0: {reason}"]


IN_AUTHORIZATION = [
    ("x: 1", 'unknown field "x"'),
    ('timeout: "x"', f"error parsing authorization config, 'timeout' {DURATION} \"x\""),
    ('timeout: "5"',
     "error parsing authorization config, 'timeout' time: missing unit in duration \"5\""),
    ("timeout: true", "error parsing authorization config, 'timeout' wrong type"),
    ("timeout: []", "error parsing authorization config, 'timeout' wrong type"),
    ("users: 3", "Expected users field to be an array, got 3"),
    ("users: false", "Expected users field to be an array, got false"),
    ("users: {}", "Expected users field to be an array, got map[]"),
    ("permissions: false", "Expected permissions to be a map/struct, got false"),
    ("default_permission: 3", "Expected permissions to be a map/struct, got 3"),
    ("auth_callout: false", "Expected authorization callout to be a map/struct, got false"),
]


@pytest.mark.parametrize("entry, reason", IN_AUTHORIZATION)
def test_a_wrong_entry_of_authorization_is_located_inside(check, entry, reason):
    assert check("authorization { %s }" % entry).problems == [f"nats.conf:1:16: {reason}"]


HIGH = [("61", "61", "61.000000"), ("1m", "1000000", "1000000.000000"),
        ("61.5", "61.5", "61.500000"),
        ("1m30s", "1m30s", "90.000000"), ('"2m"', "2m", "120.000000")]


@pytest.mark.parametrize("written, shown, seconds", HIGH)
def test_a_high_authorization_timeout_is_a_warning(check, written, shown, seconds):
    assert check("authorization { timeout: %s }" % written).problems == [
        f'nats.conf:1:16: invalid use of field "timeout": timeout of {shown} ({seconds} seconds)'
        f" {TOO_HIGH}"]


INT, STRING, BOOL, MAP = "int64", "string", "bool", "map[string]interface {}"
TYPES = {
    INT: ["port", "http_port", "monitor_port", "https_port", "log_size_limit", "logfile_size_limit",
          "log_max_num", "logfile_max_num", "max_traced_msg_len", "max_connections", "max_conn",
          "max_subscriptions", "max_subs", "max_sub_tokens", "max_subscription_tokens",
          "max_control_line", "max_payload", "max_pending", "ping_max", "max_closed_clients"],
    STRING: ["host", "net", "client_advertise", "server_name", "log_file", "logfile",
             "remote_syslog", "pid_file", "pidfile", "ports_file_dir", "http_base_path",
             "lame_duck_duration", "lame_duck_grace_period", "write_timeout"],
    BOOL: ["debug", "trace", "trace_verbose", "trace_headers", "logtime", "logtime_utc", "syslog",
           "no_fast_producer_stall", "proxy_protocol", "no_header_support", "allow_non_tls"],
    MAP: ["authorization", "tls"],
}
WRONG_TYPES = {  # texts of wrong values and how the error calls their type
    INT: [("x", "string"), ('"5"', "string"), ("1.5", "float64"), ("true", "bool")],
    STRING: [("3", "int64"), ("on", "bool"), ("{}", MAP)],
    BOOL: [("x", "string"), ('"true"', "string"), ("1", "int64"), ("[]", "[]interface {}")],
    MAP: [("3", "int64"), ("abc", "string"), ("[]", "[]interface {}")],
}


@pytest.mark.parametrize("want", TYPES)
def test_a_value_of_the_wrong_type_is_a_conversion_error(check, want):
    """All options of one type share a file: a wrong type loses its own key only."""
    for text, got in WRONG_TYPES[want]:
        names = TYPES[want]
        outcome = check("\n" + "\n".join(f"{name}: {text}" for name in names))
        lines = sorted(line for line in outcome.problems if "interface conversion:" in line)
        expected = sorted(
            f"nats.conf:{line}:1: interface conversion: interface {{}} is {got}, not {want}"
            for line in range(2, len(names) + 2))
        assert lines == expected, text


def test_a_duration_of_another_type_warns_and_fails(check):
    for option in ("ping_interval", "write_deadline"):
        for text in ("true", "1.5", "[]"):
            warning, error = check(f"{option}: {text}").problems
            assert warning == (f'nats.conf:1:0: invalid use of field "{option}":'
                               f" {option} should be converted to a duration")
            assert error.startswith("nats.conf:1:0: interface conversion: ")


def test_a_metadata_value_of_another_type_is_located_inside(check):
    (problem,) = check("server_metadata: {a: 3}").problems
    assert problem.startswith("nats.conf:1:18: interface conversion: ")


def test_a_wrong_type_in_authorization_is_located_inside(check):
    for entry in ("user: 3", "username: on", "pass: 3", "password: 3", "token: 3",
                  "proxy_required: 3"):
        first = check("authorization { %s }" % entry).problems[0]
        assert first.startswith("nats.conf:1:16: interface conversion: "), entry


VALID = [
    "port: -1", "port: 0", "port: 70000", "net: h", "listen: 4222", "listen: h:1", 'listen: ":1"',
    'listen: "[::1]:1"', "listen: 127.0.0.1:-1", 'client_advertise: "a b"', 'server_name: ""',
    "server_tags: a", 'server_tags: ["A", a , " b "]', "server_tags: []", "server_metadata: {a: b}",
    "server_metadata: {}", "debug: yes", "trace_headers: ON", "logtime: off", "logtime_utc: on",
    "log_size_limit: 5k", "logfile_size_limit: 5", "log_max_num: 3", "logfile_max_num: 3",
    "max_traced_msg_len: -3", "pidfile: x", "http: 8222", "http: h:8222", "monitor_port: 1",
    "https: 3", "max_conn: 3", "max_connections: -3", "max_subs: 3", "max_sub_tokens: 255",
    "max_control_line: 2147483647", "max_payload: 2147483647", "max_payload: 1MB",
    "max_pending: 3GB", "ping_interval: 20s", 'ping_interval: "0"', 'ping_interval: "-1s"',
    'ping_interval: "1m"', "ping_interval: 1m30s", 'ping_interval: "1.5h"', "ping_max: 0",
    "write_deadline: 3s", "write_timeout: close", "write_timeout: retry", "write_timeout: default",
    "lame_duck_duration: 30s", "lame_duck_grace_period: 0s", "lame_duck_grace_period: 1h",
    "authorization {}", "authorization { user: a }", "authorization { pass: b }",
    "authorization { username: a, password: b }", "authorization { token: t, timeout: 60 }",
    'authorization { timeout: "1m" }', "authorization { timeout: 0.5 }",
    "authorization { timeout: -1 }", "authorization { Token: t }",
    "authorization { pass: b, users: [] }", 'authorization { user: "", token: "", users: [] }',
    'authorization { user: "", pass: "", token: t }', 'authorization { user: u, token: "" }',
    "authorization { user: u }\naccounts {}", "authorization { permissions {} }",
    "authorization { proxy_required: false }", "authorization { token: t }\naccounts []",
    "authorization { token: $2a$11$ooo }", "authorization { token: '$2b$11$ooo' }",
]


@pytest.mark.parametrize("text", VALID)
def test_a_right_value_passes_the_check(check, text):
    assert check(text).valid


def test_a_bare_boolean_word_is_one_only_without_quotes(check):
    assert check("debug: True").valid
    (problem,) = check('debug: "True"').problems
    assert problem.startswith("nats.conf:1:0: interface conversion: interface {} is string")


# ---- several problems, warnings

def test_all_problems_of_a_file_are_reported_warnings_first(check):
    problems = check("ping_interval: 5\nfoo: 1\nmax_sub_tokens: 0\nwrite_deadline: 3\n"
                     "authorization { user: a, token: b, bar: 1 }\nserver_tags: 3").problems
    assert sorted(problems[:2]) == [
        'nats.conf:1:0: invalid use of field "ping_interval":'
        " ping_interval should be converted to a duration",
        'nats.conf:4:1: invalid use of field "write_deadline":'
        " write_deadline should be converted to a duration"]
    assert sorted(problems[2:]) == [
        'nats.conf:2:1: unknown field "foo"',
        "nats.conf:3:1: max_sub_tokens value can not be negative",
        "nats.conf:5:1: Cannot have a user/pass and token",
        'nats.conf:5:36: unknown field "bar"',
        "nats.conf:6:1: error parsing tags: unsupported type int64"]


@pytest.mark.parametrize("option", ["ping_interval", "write_deadline"])
def test_an_integer_duration_is_seconds_with_a_warning(check, start, option):
    warning = (f'nats.conf:1:0: invalid use of field "{option}":'
               f" {option} should be converted to a duration")
    assert check(f"{option}: 7").problems == [warning]

    server = start(f"{option}: 7\nlisten: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n")
    expected = warning.replace("nats.conf", str(server.config_path))
    assert server.log().startswith(expected + "\n")
    assert server.json("/varz")[option] == 7 * 10**9


def test_an_empty_file_starts_with_a_warning(start):
    server = start("# nothing\n")
    assert server.log().startswith(f"{server.config_path}: config has no values or is empty\n")


def test_errors_prevent_the_start(check, run_server):
    check.write({"nats.conf": "ping_interval: 5\nfoo: 1\n"})
    path = check.folder / "nats.conf"
    done = run_server(["-c", str(path)])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f'nats-server: {path}:1:0: invalid use of field "ping_interval":'
        f' ping_interval should be converted to a duration\n{path}:2:1: unknown field "foo"\n\n')


# ---- effects, as monitoring and INFO show them

BASE = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
DEFAULTS = {
    "max_connections": 65536, "ping_interval": 120 * 10**9, "ping_max": 2, "http_base_path": "",
    "max_control_line": 4096, "max_payload": 1 << 20, "max_pending": 64 << 20,
    "write_deadline": 10 * 10**9, "tls_timeout": 2, "auth_timeout": 2, "https_port": 0,
    "http_host": "127.0.0.1", "version": "2.15.2", "host": "127.0.0.1",
}
ABSENT = ["auth_required", "tls_required", "tls_verify", "tags", "metadata", "max_subscriptions"]


def test_what_is_not_set_has_its_default(start):
    server = start(BASE)
    varz = server.json("/varz")
    assert {key: varz.get(key) for key in DEFAULTS} == DEFAULTS
    assert [key for key in ABSENT if varz.get(key)] == []
    assert varz["server_name"] == varz["server_id"]
    with server.connect() as client:
        assert client.info["max_payload"] == 1 << 20
        assert client.info["headers"] is True
        assert client.info["server_name"] == client.info["server_id"] == varz["server_id"]
        assert not client.info.get("auth_required")


def test_zero_means_not_set_for_most_options(start):
    server = start(BASE + "max_control_line: 0, max_payload: 0, max_pending: 0, ping_max: 0\n"
                          "ping_interval: '0', write_deadline: '0', max_subs: 0\n")
    varz = server.json("/varz")
    for key in ("max_control_line", "max_payload", "max_pending", "ping_max", "ping_interval",
                "write_deadline"):
        assert varz[key] == DEFAULTS[key], key


EFFECTS = [  # entries, fields of /varz
    ("max_connections: 7", {"max_connections": 7}), ("max_conn: 7", {"max_connections": 7}),
    ("max_subscriptions: 8", {"max_subscriptions": 8}), ("max_subs: 8", {"max_subscriptions": 8}),
    ("max_control_line: 4k", {"max_control_line": 4000}),
    ("max_payload: 1MB", {"max_payload": 1 << 20}), ("max_payload: 1m", {"max_payload": 10**6}),
    ("max_pending: 2Mi", {"max_pending": 2 << 20}),
    ("max_pending: 70M", {"max_pending": 7 * 10**7}),
    ("ping_interval: 20s", {"ping_interval": 20 * 10**9}),
    ('ping_interval: "1m"', {"ping_interval": 60 * 10**9}), ("ping_max: 5", {"ping_max": 5}),
    ("write_deadline: 300ms", {"write_deadline": 3 * 10**8}),
    ("server_name: n1", {"server_name": "n1"}), ('server_tags: "A"', {"tags": ["a"]}),
    ('server_tags: ["B", a, " b "]', {"tags": ["b", "a"]}),
    ("server_metadata: {a: b, C: D}", {"metadata": {"a": "b", "C": "D"}}),
    ("authorization { user: u, pass: p }", {"auth_required": True, "auth_timeout": 2}),
    ("authorization { username: u, password: p }", {"auth_required": True}),
    ("authorization { token: t, timeout: 3 }", {"auth_required": True, "auth_timeout": 3}),
    ('authorization { token: t, timeout: "1500ms" }', {"auth_timeout": 1.5}),
    ("authorization { token: t, timeout: 0.25 }", {"auth_timeout": 0.25}),
]


def test_the_old_names_of_address_and_monitoring_port_work(start):
    server = start("net: 127.0.0.1\nport: -1\nmonitor_port: -1\n", listen=False)
    assert f"client connections on 127.0.0.1:{server.port}\n" in server.log()
    assert server.json("/varz")["connections"] == 0
    server.connect().close()


def test_options_and_their_aliases_show_in_monitoring(start):
    """Options of different fields share a server: each starts once, whatever the number of rows."""
    rounds = []
    for entries, fields in EFFECTS:
        option = entries.split()[0]
        for texts, expected in rounds:
            if not (fields.keys() & expected.keys()) and option not in texts:
                texts[option] = entries
                expected.update(fields)
                break
        else:
            rounds.append(({option: entries}, dict(fields)))
    for texts, expected in rounds:
        varz = start(BASE + "\n".join(texts.values())).json("/varz")
        assert {key: varz.get(key) for key in expected} == expected, texts


@pytest.mark.parametrize("entry, tls_timeout, auth_timeout", [
    ("", 2, 3), ("timeout: 5", 5, 6), ('timeout: "500ms"', 0.5, 1.5),
    ("timeout: 0.25", 0.25, 1.25)])
def test_the_authorization_timeout_follows_the_handshakes(
        start, certificates, entry, tls_timeout, auth_timeout):
    pair = f"cert_file: {certificates}/server.pem, key_file: {certificates}/server.key"
    varz = start(BASE + "tls { %s, %s }\n" % (pair, entry or "verify: false")).json("/varz")
    assert (varz["tls_timeout"], varz["auth_timeout"]) == (tls_timeout, auth_timeout)
    assert varz["tls_required"] is True


def test_info_carries_what_was_configured(start):
    server = start(BASE + "server_name: n1\nmax_payload: 5k\nno_header_support: true\n"
                          "client_advertise: 'example.org:4333'\nauthorization { token: t }\n")
    with server.connect(auth_token="t") as client:
        info = client.info
    assert info["server_name"] == "n1"
    assert info["max_payload"] == 5000
    assert not info.get("headers")
    assert (info["host"], info["port"]) == ("example.org", 4333)
    assert info["auth_required"] is True


@pytest.mark.parametrize("advertise, host, port", [
    ("a.b:4333", "a.b", 4333), ("a.b", "a.b", None), ("a.b:0", "a.b", None),
    ("a.b:-1", "a.b", None),
    ("[::1]:5", "::1", 5)])
def test_an_advertised_address_without_port_gets_the_listeners(start, advertise, host, port):
    server = start(f"listen: 127.0.0.1:-1\nclient_advertise: '{advertise}'\n")
    with server.connect() as client:
        assert (client.info["host"], client.info["port"]) == (host, port or server.port)


@pytest.mark.parametrize("value", ["0", "-3"])
def test_no_connections_allowed_means_none(start, value):
    server = start(f"listen: 127.0.0.1:-1\nmax_connections: {value}\n")
    client = server.raw()
    received = client.read_to_close()
    assert received.endswith(b"-ERR 'maximum connections exceeded'\r\n"), received


def test_max_sub_tokens_refuses_longer_subjects_only(start):
    server = start("listen: 127.0.0.1:-1\nmax_sub_tokens: 3\n")
    with server.connect() as client:
        client.send(b"SUB a.b.c 1\r\nPUB a.b.c 2\r\nhi\r\n")
        assert client.ping() == b"MSG a.b.c 1 2\r\nhi\r\n"
        client.send(b"SUB a.b.c.d 2\r\n")
        assert client.ping() == (
            b"-ERR 'Permissions Violation for Subscription to \"a.b.c.d\", too many tokens'\r\n")
        client.send(b"SUB a.b.> 3\r\nPUB a.b.x.d 0\r\n\r\n")
        assert client.ping() == b"MSG a.b.x.d 3 0\r\n\r\n"


@pytest.mark.parametrize("block, good, bad", [
    ("user: u, pass: p", {"user": "u", "pass": "p"}, {"user": "u", "pass": "x"}),
    ("USERNAME: u, Password: p", {"user": "u", "pass": "p"}, {"user": "x", "pass": "p"}),
    ("token: t", {"auth_token": "t"}, {"auth_token": "x"}),
    ("token: t", {"auth_token": "t"}, {}),
])
def test_authorization_lets_in_who_knows_the_secret(start, block, good, bad):
    server = start("listen: 127.0.0.1:-1\nauthorization { %s }\n" % block)
    with server.connect(**good) as client:
        client.expect_nothing()
    client = server.raw()
    client.read_line()
    client.send(b"CONNECT " + json.dumps({"verbose": False, **bad}).encode() + b"\r\nPING\r\n")
    assert client.read_to_close() == b"-ERR 'Authorization Violation'\r\n"


def test_the_http_base_path_is_cleaned(start):
    server = start(BASE + "http_base_path: x/y/../z")
    assert server.get("/x/z/varz")[0] == 200
    assert server.get("/varz")[0] == 404


@pytest.mark.gannet_only("options of our own")
def test_the_options_of_our_own_have_bounds(check):
    rows = [("shards: 65", "shards must be between 0 and 64"),
            ("shards: -1", "shards must be between 0 and 64"),
            ("max_memory: 1k", "max_memory must be at least 33554432 bytes"),
            ("listen: 'unix:'", 'could not parse address string "unix:"'),
            ("unix_mode: '888'", 'unix_mode "888" is not a file mode such as "0660"')]
    for text, reason in rows:
        assert check(text).problems == [f"nats.conf:1:0: {reason}"]
    for text in ("shards: 2", "max_memory: 1GB", "listen: 'unix:/tmp/x'", "unix_mode: '0600'"):
        assert check(text).valid, text

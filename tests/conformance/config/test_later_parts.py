"""Options of parts that Gannet does not have yet: refused where they ask for the part, checked and
accepted where they do not.

Spec: config-and-cli §3.2 to §3.12, §10.2; docs/later-parts.md
"""
import pathlib
import re
import subprocess

import pytest

BASE = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
LOCAL = ["-a", "127.0.0.1", "-p", "-1"]

# ---- what asks for nothing

OFF = {
    "jetstream": """
        jetstream: false | jetstream: disabled | jetstream: "Disable" | jetstream { enabled: false }
        jetstream { enable: false } | Jetstream { Enabled: false }
        jetstream { enabled: false, store_dir: x, max_mem: 1G, max_file: "5G", domain: d, key: k }
        jetstream { enabled: false, sync: always, cipher: AES, max_file: "", unique_tag: a }
        jetstream { enabled: false, limits { max_ack_pending: 5, batch { timeout: 3s } } }
        jetstream { enabled: false, tpm { keys_file: a, pcr: 3 }, meta_compact: 1, strict: off }
        jetstream { enabled: false, max_concurrent_io: 4, max_buffered_msgs: 5, sync: 5s }
        default_js_domain {}""",
    "cluster": """
        cluster {} | cluster { port: 0 } | cluster { host: h, no_advertise: true, pool_size: -1 }
        cluster { listen: "127.0.0.1:0" } | cluster { port: 5, listen: "h:0" }
        cluster { routes: ["nats://127.0.0.1:1"], connect_retries: 3 } | cluster { tls {} }
        cluster { permissions { import: a, export: b }, accounts: [A], compression: fast }
        cluster { authorization { user: a, pass: b, timeout: 3 }, ping_interval: 5s }
        cluster { compression { mode: s2_auto, rtt_thresholds: [1ms, 2ms] }, write_timeout: retry }
        cluster { tls { verify_cert_and_check_known_urls: true } }
        connect_error_reports: 5 | connect_error_reports: -5 | reconnect_error_reports: 0""",
    "gateway": """
        gateway {} | gateway { port: 0, host: h, name: "" } | gateway { gateways: [] }
        gateway { gateways: [{ name: a, url: "nats://h:1", urls: ["nats://h:2"] }] }
        gateway { authorization { user: a, password: b }, reject_unknown: true }""",
    "leafnodes": """
        leafnodes {} | leaf {} | leafnodes { port: 0, remotes: [] } | leafnodes { no_advertise: on }
        leafnodes { remotes: [{ url: "nats://127.0.0.1:1", disabled: true }], dial_timeout: 1s }
        leafnodes { reconnect: 2s, min_version: "2.9.0", compression: { mode: accept }, tls {} }
        leafnodes { authorization { user: a, pass: b, users: [] } }
        leafnodes { authorization { users: [{ user: a, pass: b }] } }""",
    "websocket": """
        websocket {} | ws {} | websocket { port: 0, no_tls: true } | websocket { compression: on }
        websocket { host: h, jwt_cookie: c, no_auth_user: u, same_origin: true, headers { a: b } }
        websocket { allowed_origins: ["http://a", "zz"], handshake_timeout: 5, tls {} }
        websocket { authorization { user: a, token: t, timeout: x } }""",
    "mqtt": """
        mqtt {} | mqtt { port: 0, host: h } | mqtt { ack_wait: 1s, max_ack_pending: 65535 }
        mqtt { authorization { token: t }, stream_replicas: 3, js_domain: d, no_auth_user: u }""",
    "accounts": """
        accounts {} | accounts [] | mappings {} | maps {} | system_account: "" | system: ""
        no_auth_user: "" | no_system_account: false | no_system_account: true | no_system: on
        no_sys_acc: true | default_sentinel: "" | trusted: [] | trusted_keys: [] | operator: []
        roots: [] | resolver_tls {} | resolver_preload {} | resolver_pinned_accounts: []
        proxies {} | proxies { trusted: [] }""",
    "others": """
        store_dir: x | storedir: "" | disable_sublist_cache: true | no_sublist_cache: off
        prof_port: 0 | prof_block_rate: 0 | prof_block_rate: -5 | ocsp: false | ocsp: true
        ocsp {} | ocsp { mode: auto } | ocsp { mode: NEVER, url: "http://127.0.0.1:1" }
        ocsp_cache: true | ocsp_cache: false | ocsp_cache {} | ocsp_cache { type: none }
        ocsp_cache { type: local, local_store: x, save_interval: 5, preserve_revoked: true }
        feature_flags {} | feature_flags { a: true }""",
}
WORDS = {part: [entry.strip() for line in text.strip().splitlines() for entry in line.split(" | ")]
         for part, text in OFF.items()}


@pytest.mark.parametrize("part", OFF)
def test_what_does_not_ask_for_a_part_is_accepted(check, part):
    for text in WORDS[part]:
        assert check(text).valid, text


@pytest.mark.parametrize("part", OFF)
def test_what_does_not_ask_for_a_part_starts_a_server_without_it(start, part):
    """Options of one name need a server each; the others share."""
    rounds = []
    for text in WORDS[part]:
        name = ALIASES.get(text.split()[0].rstrip(":"), text.split()[0].rstrip(":").lower())
        fitting = next((entries for entries in rounds if name not in entries), None)
        if fitting is None:
            fitting = {}
            rounds.append(fitting)
        fitting[name] = text
    for entries in rounds:
        server = start(BASE + "\n".join(entries.values()))
        listeners = re.findall(r"Listening for .*|Starting JetStream|profiling port.*",
                               server.log())
        assert listeners == [f"Listening for client connections on 127.0.0.1:{server.port}"]
        with server.connect() as client:
            client.expect_nothing()
        server.stop()


ALIASES = {"ws": "websocket", "leaf": "leafnodes", "maps": "mappings", "storedir": "store_dir",
           "system": "system_account", "no_system": "no_system_account", "trusted_keys": "trusted",
           "no_sys_acc": "no_system_account", "roots": "operator", "Jetstream": "jetstream",
           "no_sublist_cache": "disable_sublist_cache"}

ARRAY, MAP = "[]interface {}", "map[string]interface {}"
WRONG = [  # an option, the column of its error and the text
    ("jetstream: x", 0, "Expected 'enabled' or 'disabled' for string value, got 'x'"),
    ("jetstream: 3", 0, "Expected map, bool or string to define JetStream, got int64"),
    ("jetstream { enabled: 3 }", 0, "interface conversion: interface {} is int64, not bool"),
    ("jetstream { enabled: false, x: 1 }", 28, 'unknown field "x"'),
    ("jetstream { enabled: false, strict: 1 }", 28,
     "Expected 'true' or 'false' for bool value, got '%!s(int64=1)'"),
    ("jetstream { enabled: false, max_mem: x }", 28,
     'max_mem_store strconv.ParseInt: parsing "": invalid syntax'),
    ('jetstream { enabled: false, max_file: "5X" }', 28,
     "max_file_store sizes defined as strings must end in K, M, G, T"),
    ("jetstream { enabled: false, max_mem: on }", 28, "max_mem_store must be int64 or string"),
    ("jetstream { enabled: false, cipher: zz }", 28, 'Unknown cipher type: "zz"'),
    ("jetstream { enabled: false, sync: x }", 28,
     'error parsing sync: time: invalid duration "x"'),
    ("jetstream { enabled: false, limits: 3 }", 28,
     "Expected a map to define JetStreamLimits, got int64"),
    ("jetstream { enabled: false, limits { batch: 3 } }", 37,
     "Expected a map to define batch limits, got int64"),
    ("jetstream { enabled: false, max_concurrent_io: 3 }", 28,
     'Expected an absolute size for "max_concurrent_io" between 4 and 8192, got 3'),
    ("jetstream { enabled: false, max_buffered_msgs: x }", 28,
     'Expected a parseable size for "max_buffered_msgs", got x'),
    ("jetstream { enabled: false, meta_compact_size: -1 }", 28,
     'Expected an absolute size for "meta_compact_size", got -1'),
    ("default_js_domain: 3", 0, "error default_js_domain config: unsupported type int64"),
    ("cluster: false", 0, "Expected map to define cluster, got bool"),
    ("cluster { x: 1 }", 10, 'unknown field "x"'),
    ('cluster { name: "a b" }', 10, "cluster name cannot contain spaces"),
    ("cluster { name: _ }", 10, "cluster name is reserved"),
    ("cluster { listen: x }", 10, 'could not parse address string "x"'),
    ("cluster { routes: 3 }", 10, f"interface conversion: interface {{}} is int64, not {ARRAY}"),
    ('cluster { routes: ["%zz"] }', 20, 'error parsing route url ["%zz"]'),
    ('cluster { routes: ["nats://a:1", "nats://a:1"] }', 34,
     'invalid use of field "nats://a:1": Duplicate route entry detected'),
    ("cluster { ping_interval: 60s }", 10,
     "Cluster 'ping_interval' will reset to 30s which is the max for routes"),
    ("cluster { ping_interval: x }", 10,
     'error parsing ping_interval: time: invalid duration "x"'),
    ("cluster { write_timeout: x }", 10, "write_timeout must be 'default', 'close' or 'retry'"),
    ("cluster { compression: 3 }", 10,
     'field "compression" should be a boolean or a structure, got int64'),
    ("cluster { compression { x: 1 } }", 24, 'unknown field "x"'),
    ("cluster { accounts: 3 }", 10, "error parsing accounts: unsupported type int64"),
    ("cluster { authorization { token: a } }", 10,
     "Cluster authorization does not support tokens"),
    ("cluster { authorization { users: [] } }", 10,
     "Cluster authorization does not allow multiple users"),
    ("cluster { authorization { user: a, permissions {} } }", 10,
     'invalid use of field "authorization": setting "permissions" within cluster authorization'
     " block is deprecated"),
    ("cluster { tls { x: 1 } }", 16, 'error parsing tls config, unknown field "x"'),
    ("cluster { pool_size: x }", 10, "interface conversion: interface {} is string, not int64"),
    ("gateway: []", 0, f"Expected gateway to be a map, got {ARRAY}"),
    ("gateway { x: 1 }", 10, 'unknown field "x"'),
    ("gateway { gateways: [3 ] }", 21, "Expected gateway entry to be a map/struct, got 3"),
    ("gateway { gateways: [{x: a}] }", 22, 'unknown field "x"'),
    ("gateway { authorization { users: [] } }", 10,
     "Gateway authorization does not allow multiple users"),
    ("leafnodes: false", 0, "Expected map to define a leafnode, got bool"),
    ("leafnodes { x: 1 }", 12, 'unknown field "x"'),
    ("leafnodes { remotes: 3 }", 12, "Expected remotes field to be an array, got int64"),
    ('leafnodes { remotes: [{url: "nats://h:1", disabled: true, x: 1}] }', 58,
     'unknown field "x"'),
    ("leafnodes { min_version: 1.0.0 }", 12, "the minimum version should be at least 2.8.0"),
    ("leafnodes { min_version: x }", 12,
     "invalid leafnode's minimum version: invalid semver"),
    ("leafnodes { authorization { users: 3 } }", 28,
     "Expected users field to be an array, got 3"),
    ("leafnodes { authorization { user: a, users: [{user: b}] } }", 12,
     "can not have a single user/pass and a users array"),
    ("websocket: false", 0, "Expected websocket to be a map, got bool"),
    ("websocket { x: 1 }", 12, 'unknown field "x"'),
    ("websocket { port: x }", 12, "interface conversion: interface {} is string, not int64"),
    ("websocket { tls: 3 }", 12, f"interface conversion: interface {{}} is int64, not {MAP}"),
    ("websocket { handshake_timeout: on }", 12,
     "error parsing handshake timeout: unsupported type bool"),
    ("websocket { headers: 3 }", 12, "error parsing headers: unsupported type int64"),
    ("websocket { headers: {a: 3} }", 22, "error parsing header key a: unsupported type int64"),
    ("websocket { allowed_origins: 3 }", 12,
     "error parsing allowed origins: unsupported type int64"),
    ("websocket { authorization { x: 1 } }", 28, 'unknown field "x"'),
    ("mqtt: false", 0, "Expected mqtt to be a map, got bool"),
    ("mqtt { x: 1 }", 7, 'unknown field "x"'),
    ("mqtt { max_ack_pending: 70000 }", 7, "invalid value 70000, should in [0..65535] range"),
    ("mqtt { consumer_replicas: 1 }", 7, 'invalid use of field "consumer_replicas":'
     " consumer replicas setting ignored in this server version"),
    ("store_dir: 3", 0, "interface conversion: interface {} is int64, not string"),
    ("disable_sublist_cache: 3", 0, "interface conversion: interface {} is int64, not bool"),
    ("no_system_account: x", 0, "interface conversion: interface {} is string, not bool"),
    ("system_account: 3", 0, "system account name must be a string"),
    ("no_auth_user: 3", 0, "interface conversion: interface {} is int64, not string"),
    ("connect_error_reports: x", 0, "interface conversion: interface {} is string, not int64"),
    ("prof_port: x", 0, "interface conversion: interface {} is string, not int64"),
    ("mappings: false", 0, f"interface conversion: interface {{}} is bool, not {MAP}"),
    ("trusted: 3", 0, "error parsing trusted: unsupported type int64"),
    ("operator: 3", 0, "error parsing operators: unsupported type int64"),
    ("resolver_preload: 3", 0, "preload should be a map of account_public_key:account_jwt"),
    ("resolver_pinned_accounts: 3", 0,
     "error parsing resolver_pinned_accounts: unsupported type int64"),
    ("proxies: false", 0, "expected proxies to be a map/struct, got bool"),
    ("proxies { x: 1 }", 10, 'unknown field "x"'),
    ("proxies { trusted: 3 }", 10, "expected proxies' trusted field to be an array, got int64"),
    ("feature_flags: 3", 0, "error parsing feature flags: unsupported type int64"),
    ("feature_flags { a: 3 }", 16,
     'error parsing feature flag "a": expected bool, got int64'),
    ("ocsp: 3", 0, "error parsing ocsp config: unsupported type int64"),
    ("ocsp { mode: zz }", 7, "error parsing ocsp config: unsupported ocsp mode string"),
    ("ocsp { Mode: never }", 7, "error parsing ocsp config: unsupported field string"),
    ("ocsp_cache: 3", 0, "error parsing tags: unsupported type int64"),
    ("ocsp_cache { type: zz }", 13, "error parsing OCSP peer cache config, unknown type [zz]"),
    ("ocsp_cache { x: 1 }", 13, 'error parsing OCSP peer cache config, unknown field ["x"]'),
    ("tls { ocsp_peer: 3 }", 6,
     f"error parsing ocsp peer config: unsupported type {MAP}"),
]


@pytest.mark.parametrize("text, column, reason", WRONG, ids=[row[0] for row in WRONG])
def test_what_is_off_is_checked_all_the_same(check, text, column, reason):
    assert check(text).problems == [f"nats.conf:1:{column}: {reason}"]


@pytest.mark.parametrize("text", ["store_dir: x\nstoredir: y",
                                  "store_dir: x\njetstream { enabled: false, store_dir: y }",
                                  "jetstream { enabled: false, store_dir: y, storedir: z }"])
def test_a_second_folder_for_streams_is_an_error(check, text):
    """Of two keys in one block nats-server names either: it reads them in no order."""
    (problem,) = check(text).problems
    assert problem.endswith(": Duplicate 'store_dir' configuration")


def test_a_folder_for_streams_by_flag_and_file_is_an_error(check, run_server):
    path = check.folder / "nats.conf"
    assert check("store_dir: x", args=["-sd", "y"]).problems == [
        "nats.conf:1:0: Duplicate 'store_dir' configuration"]
    assert run_server(["-c", path, "-sd", "y"]).returncode == 1


# ---- effects

@pytest.mark.parametrize("config, args", [
    ("cluster { name: harbour }", []), ("", ["--cluster_name", "harbour"]),
    ("cluster { name: x }", ["--cluster_name", "harbour"])])
def test_a_cluster_name_shows_without_a_cluster(start, config, args):
    server = start(BASE + config, args=args)
    assert re.search(r"Version: .*\n(.*\n)*?.*\[INF\]   Cluster:  harbour\n.*\[INF\]   Name: ",
                     server.log())
    with server.connect() as client:
        assert client.info["cluster"] == "harbour"
        client.send(b"SUB r 1\r\nPUB $SYS.REQ.USER.INFO r 0\r\n\r\n")
        assert b'"cluster":"harbour","ver":"2.15.2"' in client.read_until(b"}}\r\n")
    server.reload(BASE + "cluster { name: quay }")
    if not args:
        assert "[INF] Cluster name updated to quay\n" in server.log()
        assert "[INF] Reloaded: cluster\n" in server.log()
        with server.connect() as client:
            assert client.info["cluster"] == "quay"


@pytest.mark.parametrize("name, reason", [("a b", "cluster name cannot contain spaces"),
                                          ("_", "cluster name is reserved")])
def test_a_cluster_name_by_flag_is_checked_at_start(run_server, name, reason):
    done = run_server([*LOCAL, "--cluster_name", name])
    assert (done.returncode, done.stderr) == (1, f"nats-server: {reason}\n")


@pytest.mark.parametrize("text, answers", [("no_system_account: true", False), ("", True)])
def test_without_the_system_account_nobody_answers_its_requests(start, text, answers):
    with start(BASE + text).connect(headers=True, no_responders=True) as client:
        client.send(b"SUB r 1\r\nPUB $SYS.REQ.USER.INFO r 0\r\n\r\n")
        client.read_until(b'"data":{' if answers else b"NATS/1.0 503\r\n")


@pytest.mark.parametrize("text", ['system_account: "$SYS"', "system: A",
                                  'no_system_account: true\nsystem_account: "$SYS"'])
def test_a_system_account_must_be_defined(check, run_server, text):
    assert check(text).valid
    done = run_server([*LOCAL, "-c", check.folder / "nats.conf"])
    assert (done.returncode, done.stderr) == (
        1, "nats-server: error resolving system account: account missing\n")


def test_without_the_cache_each_message_still_finds_its_subscribers(start):
    with start(BASE + "disable_sublist_cache: true").connect() as client:
        client.send(b"SUB a.* 1\r\nSUB a.b 2\r\n")
        for subject in (b"a.b", b"a.c", b"a.b", b"b", b"a.c"):
            client.send(b"PUB %s 0\r\n\r\n" % subject)
        received = client.ping()
        assert sorted(re.findall(rb"MSG (\S+ \d) 0", received)) == [
            b"a.b 1", b"a.b 1", b"a.b 2", b"a.b 2", b"a.c 1", b"a.c 1"]


FLAGS = [
    ("a: true", "none", "a"), ("js_ack_fc_v2: true", "js_ack_fc_v2 (opt-in)", None),
    ("js_raft_delete_range: false, z: true, b: false", "js_raft_delete_range (opt-out)", "b, z"),
    ("js_snapshot_sources: false, js_raft_delete_range: true",
     "js_raft_delete_range (enabled), js_snapshot_sources (disabled)", None),
]


@pytest.mark.parametrize("flags, configured, unsupported", FLAGS)
def test_feature_flags_are_named_at_start(start, flags, configured, unsupported):
    server = start(BASE + "feature_flags { %s }" % flags)
    lines = re.findall(r"\[INF\] +(Feature flags:|(?:Configured|Unsupported): .*)", server.log())
    expected = ["Feature flags:", f"Configured:    {configured}"]
    assert lines == expected + ([f"Unsupported:   {unsupported}"] if unsupported else [])
    shown = server.json("/varz")["feature_flags"]
    assert shown["js_ack_fc_v2"] is ("js_ack_fc_v2" in flags)
    assert shown["js_raft_delete_range"] is ("js_raft_delete_range: false" not in flags)


RELOADS = [  # before, after, what the log says
    ("", "connect_error_reports: 4", "[INF] Reloaded: connect_error_reports = 4"),
    ("reconnect_error_reports: 2", "", "[INF] Reloaded: reconnect_error_reports = 1"),
    ("", "ocsp: true", "[INF] Reloaded: OCSP"),
    ("", "ocsp_cache: true", "[INF] Reloaded OCSP peer cache"),
    ("", "no_system_account: true",
     "config reload not supported for NoSystemAccount: old=false, new=true"),
    ("", "disable_sublist_cache: true",
     "config reload not supported for NoSublistCache: old=false, new=true"),
    ("", "feature_flags { a: true, b: false }",
     "config reload not supported for FeatureFlags: old=map[], new=map[a:true b:false]"),
    ("store_dir: x", "store_dir: y", "[INF] Reloaded server configuration"),
    ("jetstream { enabled: false, max_mem: 5 }", "jetstream: false",
     "[INF] Reloaded server configuration"),
]


@pytest.mark.parametrize("before, after, line", RELOADS)
def test_a_reload_treats_them_as_the_reference_does(start, before, after, line):
    server = start(BASE + before)
    server.reload(BASE + after)
    assert line in server.log()


@pytest.mark.parametrize("args", [
    ["-sd", "x"], ["--store_dir=x"], ["--no_advertise"], ["--connect_retries", "3"],
    ["--cluster_advertise", "a:1"], ["--profile", "0"], ["-js=false"], ["--routes", ""],
    ["--cluster", ""]])
def test_a_flag_that_asks_for_nothing_is_accepted(start, args):
    with start(args=[*LOCAL, *args]).connect() as client:
        client.expect_nothing()


@pytest.mark.parametrize("config, args", [
    ("jetstream: true", ["-js=false"]), ("jetstream { store_dir: x }", ["--jetstream=false"]),
    ("cluster { port: -1 }", ["--cluster", ""]), ("prof_port: -1", ["--profile", "0"])])
def test_a_flag_switches_off_what_the_file_switches_on(start, check, config, args):
    assert check(config, args=args).valid
    log = start(BASE + config, args=args).log()
    assert not re.search("JetStream|route connections|profiling port", log)


@pytest.fixture(scope="module")
def must_staple(tmp_path_factory):
    """A `tls` block whose certificate asks for a stapled state of itself."""
    folder = tmp_path_factory.mktemp("must_staple")
    pair = [folder / "cert.pem", folder / "key.pem"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=a",
                    "-addext", "tlsfeature=status_request", "-out", pair[0], "-keyout", pair[1]],
                   check=True, capture_output=True)
    return f'tls {{ cert_file: "{pair[0]}", key_file: "{pair[1]}" }}\n'


@pytest.mark.parametrize("ocsp, starts", [
    ("ocsp: false", True), ("ocsp { mode: never }", True), ("ocsp: true", False), ("", False)])
def test_a_certificate_that_must_be_stapled_is_not_served_without(
        start, check, run_server, must_staple, ocsp, starts):
    config = f"{BASE}{ocsp}\n{must_staple}"
    assert check(config).valid
    if starts:
        start(config)
        return
    assert run_server(["-c", check.folder / "nats.conf"]).returncode == 1


# ---- what asks for a part

ASKING = [
    ("accounts { A {} }", "accounts", "accounts"), ("accounts: [A]", "accounts", "accounts"),
    ("mappings { a: b }", "mappings", "subject mappings"),
    ("maps { a: b }", "maps", "subject mappings"),
    ('system_account: "$G"', "system_account", "accounts"),
    ("no_auth_user: a", "no_auth_user", "list of users"),
    ("default_sentinel: a", "default_sentinel", "operators and JWTs"),
    ("trusted: [a]", "trusted", "operators and JWTs"),
    ("operator: x", "operator", "operators and JWTs"),
    ("operators: [x]", "operators", "operators and JWTs"),
    ("root: x", "root", "operators and JWTs"),
    ("root_operator: x", "root_operator", "operators and JWTs"),
    ("root_operators: x", "root_operators", "operators and JWTs"),
    ("resolver: MEM", "resolver", "operators and JWTs"),
    ("account_resolver: MEM", "account_resolver", "operators and JWTs"),
    ("accounts_resolver: MEM", "accounts_resolver", "operators and JWTs"),
    ("resolver_preload { A: b }", "resolver_preload", "operators and JWTs"),
    ("resolver_pinned_accounts: a", "resolver_pinned_accounts", "operators and JWTs"),
    ("ocsp { mode: must }", "ocsp", "OCSP"), ("ocsp { mode: Always }", "ocsp", "OCSP"),
    ("cluster { port: -1 }", "cluster", "clusters"),
    ("cluster { listen: 6222 }", "cluster", "clusters"),
    ("gateway { name: a }", "gateway", "gateways"), ("gateway { port: 1 }", "gateway", "gateways"),
    ("leafnodes { port: -1 }", "leafnodes", "leaf nodes"),
    ('leaf { remotes: [{url: "nats://h:1"}] }', "leaf", "leaf nodes"),
    ("websocket { port: -1, no_tls: true }", "websocket", "WebSocket"),
    ("ws { listen: 'h:8080' }", "ws", "WebSocket"), ("mqtt { port: -1 }", "mqtt", "MQTT"),
    ("jetstream: true", "jetstream", "JetStream"), ("jetstream {}", "jetstream", "JetStream"),
    ("jetstream: Enabled", "jetstream", "JetStream"),
    ("jetstream { store_dir: x }", "jetstream", "JetStream"),
    ('default_js_domain { "$G": a }', "default_js_domain", "JetStream"),
    ("prof_port: -1", "prof_port", "profiling"),
    ("prof_block_rate: 1", "prof_block_rate", "profiling"),
    ("Cluster { port: -1 }", "Cluster", "clusters"),
    ("proxies { trusted: [{key: a}] }", "proxies.trusted", "trusted proxies"),
    ("authorization { users: [{user: a}] }", "authorization.users", "list of users"),
    ("authorization { permissions {a: b} }", "authorization.permissions", "permissions"),
    ("authorization { default_permissions {a: b} }", "authorization.default_permissions",
     "permissions"),
    ("authorization { auth_callout {} }", "authorization.auth_callout", "auth callout"),
    ("authorization { auth_hook {} }", "authorization.auth_hook", "auth callout"),
    ("authorization { proxy_required: true }", "authorization.proxy_required", "trusted proxies"),
    ("tls { verify_and_map: true }", "tls.verify_and_map", "users named by certificates"),
    ("tls { ocsp_peer: true }", "tls.ocsp_peer", "OCSP"),
    ("tls { ocsp_peer { verify: true } }", "tls.ocsp_peer", "OCSP"),
]
DOCUMENT = "docs/later-parts.md"


@pytest.mark.gannet_only("the reference has these parts")
def test_an_option_that_asks_for_a_later_part_is_refused_by_name(check, run_server):
    for text, name, part in ASKING:
        (problem,) = check("# c\n" + text).problems
        column = text.index("{") + 3 if "." in name else 1
        assert re.fullmatch(rf'nats.conf:2:{column}: "{name}": Gannet \d+\.\d+\.\d+ has no {part}'
                            rf" yet; see {DOCUMENT}", problem), problem
        assert run_server(["-c", check.folder / "nats.conf"]).returncode == 1, text
    # One run shows all of a file.
    problems = check("cluster { port: -1 }\nmqtt { port: -1 }\njetstream: true").problems
    assert [line.split('"')[1] for line in problems] == ["cluster", "mqtt", "jetstream"]


@pytest.mark.gannet_only("the reference has these parts")
def test_the_document_has_a_row_for_each_part():
    root = pathlib.Path(__file__).resolve().parents[3]
    text = (root / DOCUMENT).read_text()
    rows = [row.split("|")[1].strip() for row in text.splitlines() if row.startswith("| ")]
    assert [part for _, _, part in ASKING if part not in rows] == []


@pytest.mark.gannet_only("the reference has these parts")
@pytest.mark.parametrize("args, typed, part", [
    (["-js"], "-js", "JetStream"), (["--jetstream"], "--jetstream", "JetStream"),
    (["--routes", "nats://a:1"], "--routes", "clusters"),
    (["-cluster", "nats://a:1"], "--cluster", "clusters"),
    (["--cluster_listen", "nats://a:1"], "--cluster_listen", "clusters"),
    (["--profile", "-1"], "--profile", "profiling")])
def test_a_flag_that_asks_for_a_later_part_is_named_as_it_is_typed(run_server, args, typed, part):
    done = run_server([*LOCAL, *args])
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"nats-server: {typed}: Gannet \d+\.\d+\.\d+ has no {part} yet;"
                        rf" see {DOCUMENT}\n", done.stderr)

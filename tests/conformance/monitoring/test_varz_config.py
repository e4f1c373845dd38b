"""What /varz tells of the configuration, of its reload, and of TLS.

Spec: monitoring §2, §2.1; config-and-cli §1.11; checklist 22, 24.
"""
import datetime
import hashlib
import json

import pytest
from cryptography import x509

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"

SHOWN = [
    ("server_name: one", {"server_name": "one"}),
    ("server_tags: [\"A\", \"b:c\"]", {"tags": ["a", "b:c"]}),
    ("server_metadata: {b: x, a: \"1\"}", {"metadata": {"a": "1", "b": "x"}}),
    ("max_subscriptions: 7", {"max_subscriptions": 7}),
    ("max_connections: -1", {"max_connections": -1}),
    ("write_timeout: close", {"write_timeout": "close"}),
    ("write_timeout: default", {"write_timeout": None}),
    ("write_timeout: retry", {"write_timeout": "retry"}),
    ("authorization { token: t }", {"auth_required": True, "auth_timeout": 2}),
    ("authorization { user: u, password: p, timeout: 0.5 }",
     {"auth_required": True, "auth_timeout": 0.5}),
    ("authorization { token: t, timeout: 7 }", {"auth_timeout": 7}),
    ("client_advertise: \"10.1.2.3:5\"",
     {"host": "10.1.2.3", "port": 5, "http_host": "127.0.0.1", "connect_urls": None}),
    ("ping_interval: 20s, ping_max: 9", {"ping_interval": 20 * 10**9, "ping_max": 9}),
    ("max_pending: 5MB, max_payload: 1KB, max_control_line: 2KB",
     {"max_pending": 5 << 20, "max_payload": 1024, "max_control_line": 2048}),
    ("write_deadline: 1500ms", {"write_deadline": 1500 * 10**6}),
]


FLAGS = {"js_ack_fc_v2": True, "js_api_reply_v2": False, "js_raft_delete_range": True,
         "js_snapshot_sources": False}


@pytest.mark.parametrize("entry, expected", SHOWN + [
    pytest.param("feature_flags { js_ack_fc_v2: true, no_such_flag: true }",
                 {"feature_flags": FLAGS}, marks=pytest.mark.later_part("feature flags"))])
def test_what_is_configured_is_shown(start, entry, expected):
    varz = start(LISTEN + entry + "\n").json("/varz")
    assert {name: varz.get(name) for name in expected} == expected


def test_metadata_comes_in_order(start):
    varz = start(LISTEN + "server_metadata: {b: x, a: y, B: z}\n").json("/varz")
    assert list(varz["metadata"]) == ["B", "a", "b"]
    names = list(varz)
    at = names.index("metadata")
    assert names[at - 1:at + 2] == ["config_digest", "metadata", "feature_flags"]


def test_nothing_shows_secrets(start, ask):
    server = start(LISTEN + "authorization { user: alice, password: sesame }\n")
    body = ask(server, "/varz").body
    assert b"sesame" not in body and b"alice" not in body


def test_the_ports_are_where_it_listens(server):
    varz = server.json("/varz")
    assert (varz["host"], varz["port"]) == ("127.0.0.1", server.port)


def test_a_random_monitoring_port_stays_unknown(server):
    varz = server.json("/varz")
    assert (varz["http_host"], varz["http_port"], varz["https_port"]) == ("127.0.0.1", -1, 0)


def test_a_monitoring_port_of_its_own_is_shown(start):
    first = start("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n")
    port = first.monitor_port
    first.stop()
    varz = start(f"listen: 127.0.0.1:-1\nhttp: localhost:{port}\n").json("/varz")
    assert (varz["http_host"], varz["http_port"]) == ("localhost", port)


@pytest.mark.parametrize("flags, host", [(["-a", "127.0.0.1"], "127.0.0.1"), ([], "0.0.0.0")])
def test_without_a_host_of_its_own_it_is_the_clients(start, flags, host):
    varz = start(args=["-p", "-1", "-m", "-1", *flags], listen=False).json("/varz")
    assert (varz["host"], varz["http_host"]) == (host, host)


def test_on_all_addresses_clients_are_told_urls(start):
    server = start(args=["-p", "-1", "-m", "-1"], listen=False)
    varz = server.json("/varz")
    with server.raw() as client:
        assert varz.get("connect_urls") == client.read_info().get("connect_urls")


# ---- digest, load time, reload

def digest(tree: dict) -> str:
    text = json.dumps(tree, separators=(",", ":"), sort_keys=True) + "\n"
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def test_the_digest_is_that_of_the_tree(start):
    server = start("# words\nlisten = '127.0.0.1:-1'; http: \"127.0.0.1:-1\"\nping_max 3\n")
    expected = digest({"http": "127.0.0.1:-1", "listen": "127.0.0.1:-1", "ping_max": 3})
    assert server.json("/varz")["config_digest"] == expected


def test_the_configuration_was_loaded_at_the_start(start):
    varz = start(LISTEN).json("/varz")
    assert varz["config_load_time"] == varz["start"]


def test_a_reload_is_seen(start):
    server = start(LISTEN + "max_payload: 5000\nserver_tags: [a]\n")
    before = server.json("/varz")
    server.reload(LISTEN + "max_payload: 6000\nserver_tags: [b]\nmax_connections: 9\n")
    after = server.json("/varz")
    assert (after["max_payload"], after["tags"], after["max_connections"]) == (6000, ["b"], 9)
    assert after["config_load_time"] > before["config_load_time"]
    assert after["config_digest"] == digest({
        "http": "127.0.0.1:-1", "listen": "127.0.0.1:-1", "max_payload": 6000,
        "server_tags": ["b"], "max_connections": 9})
    for name in ("server_id", "server_name", "start", "port", "http_port", "go", "proto"):
        assert after[name] == before[name], name


def test_a_reload_that_fails_leaves_all_as_it_was(start):
    server = start(LISTEN + "max_payload: 5000\n")
    before = server.json("/varz")
    server.reload(LISTEN + "max_payload: 6000\nno_such_option: 1\n")
    after = server.json("/varz")
    for name in ("max_payload", "config_load_time", "config_digest"):
        assert after[name] == before[name], name


def test_a_reload_without_a_change_counts_as_one(start):
    server = start(LISTEN)
    before = server.json("/varz")
    server.reload(LISTEN)
    after = server.json("/varz")
    assert after["config_load_time"] > before["config_load_time"]
    assert after["config_digest"] == before["config_digest"]


def test_authorization_that_comes_and_goes_is_seen(start):
    server = start(LISTEN)
    assert "auth_required" not in server.json("/varz")
    server.reload(LISTEN + "authorization { token: t }\n")
    assert server.json("/varz")["auth_required"] is True
    server.reload(LISTEN)
    assert "auth_required" not in server.json("/varz")


# ---- TLS

def expiry(certificates, name: str) -> datetime.datetime:
    certificate = x509.load_pem_x509_certificate((certificates / f"{name}.pem").read_bytes())
    return certificate.not_valid_after.replace(tzinfo=datetime.timezone.utc)


def shown_expiry(varz: dict) -> datetime.datetime:
    return datetime.datetime.fromisoformat(varz["tls_cert_not_after"].replace("Z", "+00:00"))


@pytest.mark.parametrize("more, required, verified, timeout", [
    ("", True, None, 2), ("verify: true", True, True, 2), ("timeout: 7", True, None, 7),
    ("timeout: 0.5", True, None, 0.5),
    pytest.param("verify_and_map: true", True, True, 2, marks=pytest.mark.later_part("users"))])
def test_tls_is_shown(start, certificates, tls_block, more, required, verified, timeout):
    varz = start(LISTEN + tls_block(more)).json("/varz")
    assert (varz.get("tls_required"), varz.get("tls_verify")) == (required, verified)
    assert (varz["tls_timeout"], varz["auth_timeout"]) == (timeout, timeout + 1)
    assert shown_expiry(varz) == expiry(certificates, "server")
    assert [name for name in varz if not name.startswith("gannet_")][-1] == "tls_cert_not_after"


def test_tls_that_is_not_required_is_not_shown_as_such(start, tls_block):
    varz = start(LISTEN + "allow_non_tls: true\n" + tls_block()).json("/varz")
    assert "tls_required" not in varz
    assert "tls_cert_not_after" in varz


def test_tls_settings_follow_a_reload(start, certificates, tls_block):
    server = start(LISTEN + tls_block())
    server.reload(LISTEN + tls_block("verify: true, timeout: 5", pair="server2"))
    varz = server.json("/varz")
    assert (varz.get("tls_verify"), varz["tls_timeout"]) == (True, 5)
    assert shown_expiry(varz) == expiry(certificates, "server2")


# ---- other parts, where they are configured

@pytest.mark.later_part("blocks of parts that come later")
@pytest.mark.parametrize("entry, part, expected", [
    ("cluster { name: C, listen: 127.0.0.1:-1 }", "cluster",
     ["name", "addr", "cluster_port", "auth_timeout", "tls_timeout", "pool_size"]),
    ("leafnodes { listen: 127.0.0.1:-1 }", "leaf", ["host", "port", "auth_timeout", "tls_timeout"]),
    ("websocket { listen: 127.0.0.1:-1, no_tls: true }", "websocket",
     ["host", "port", "no_tls"]),
])
def test_a_part_that_is_on_has_members(start, entry, part, expected):
    varz = start(LISTEN + entry + "\n").json("/varz")
    assert set(expected) <= set(varz[part])

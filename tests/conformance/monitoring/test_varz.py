"""The members of /varz: which there are, in which order, of which type, and when they are left out.

Spec: monitoring §2; checklist 14, 22-25.
"""
import json
import re

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z")
ORDER = """server_id server_name version proto git_commit go host port auth_required tls_required
tls_verify tls_ocsp_peer_verify ip connect_urls ws_connect_urls max_connections max_subscriptions
ping_interval ping_max http_host http_port http_base_path https_port auth_timeout max_control_line
max_payload max_pending cluster gateway leaf mqtt websocket jetstream tls_timeout write_deadline
write_timeout start now uptime mem cores gomaxprocs gomemlimit cpu connections total_connections
routes remotes leafnodes in_msgs in_bytes in_client_msgs in_client_bytes out_msgs out_bytes
out_client_msgs out_client_bytes slow_consumers stale_connections stalled_clients subscriptions
http_req_stats config_load_time config_digest tags metadata feature_flags trusted_operators_jwt
trusted_operators_claim system_account pinned_account_fails ocsp_peer_cache slow_consumer_stats
stale_connection_stats disk_io_wait_stats proxies tls_cert_not_after""".split()
OMITTED = """auth_required tls_required tls_verify tls_ocsp_peer_verify ip connect_urls
ws_connect_urls max_subscriptions write_timeout gomemlimit tags metadata trusted_operators_jwt
trusted_operators_claim pinned_account_fails ocsp_peer_cache proxies tls_cert_not_after""".split()
MAY_BE_OMITTED = ["git_commit"]  # of the build
ALWAYS = [name for name in ORDER if name not in OMITTED + MAY_BE_OMITTED]
KINDS = {"clients": 0, "routes": 0, "gateways": 0, "leafs": 0}

DEFAULTS = {
    "version": "2.15.2", "proto": 1, "host": "0.0.0.0", "max_connections": 65536,
    "ping_interval": 120 * 10**9, "ping_max": 2, "http_base_path": "", "https_port": 0,
    "auth_timeout": 2, "max_control_line": 4096, "max_payload": 1 << 20, "max_pending": 64 << 20,
    "cluster": {}, "gateway": {}, "leaf": {}, "mqtt": {}, "websocket": {}, "jetstream": {},
    "tls_timeout": 2, "write_deadline": 10 * 10**9, "connections": 0, "total_connections": 0,
    "routes": 0, "remotes": 0, "leafnodes": 0, "in_msgs": 0, "in_bytes": 0, "in_client_msgs": 0,
    "in_client_bytes": 0, "out_msgs": 0, "out_bytes": 0, "out_client_msgs": 0,
    "out_client_bytes": 0, "slow_consumers": 0, "stale_connections": 0, "stalled_clients": 0,
    "http_req_stats": {"/varz": 1}, "config_digest": "",
    "system_account": "$SYS",
    "feature_flags": {"js_ack_fc_v2": False, "js_api_reply_v2": False,
                      "js_raft_delete_range": True, "js_snapshot_sources": False},
    "slow_consumer_stats": KINDS, "stale_connection_stats": KINDS,
    "disk_io_wait_stats": {"waiters": 0, "waits": 0, "wait_time": 0, "max_wait_time": 0},
}
INTEGERS = """proto port max_connections ping_interval ping_max http_port https_port
max_control_line max_payload max_pending write_deadline mem cores gomaxprocs connections
total_connections routes remotes leafnodes in_msgs in_bytes in_client_msgs in_client_bytes out_msgs
out_bytes out_client_msgs out_client_bytes slow_consumers stale_connections stalled_clients
subscriptions""".split()
STRINGS = "server_id server_name version go host http_host http_base_path uptime config_digest"


@pytest.fixture(scope="module")
def varz(server):
    """Without what Gannet adds behind it."""
    return {name: value for name, value in server.json("/varz").items()
            if not name.startswith("gannet_")}


def test_what_must_be_there_is(varz):
    assert [name for name in ALWAYS if name not in varz] == []


def test_what_is_empty_is_left_out(varz):
    assert [name for name in OMITTED if name in varz] == []


def test_nothing_else_is_there(varz):
    assert [name for name in varz if name not in ORDER] == []


def test_the_members_come_in_order(varz):
    assert list(varz) == [name for name in ORDER if name in varz]


def test_the_parts_of_a_part_come_in_order(start):
    varz = start(args=["-m", "-1", "-a", "0.0.0.0", "-p", "-1"], listen=False).json("/varz")
    for name, expected in DEFAULTS.items():
        if isinstance(expected, dict):
            assert list(varz[name]) == list(expected), name


def test_a_server_that_was_told_nothing_shows_its_defaults(start):
    varz = start(args=["-m", "-1", "-a", "0.0.0.0", "-p", "-1"], listen=False).json("/varz")
    assert {name: varz.get(name) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("name", INTEGERS)
def test_a_number_is_a_whole_number(varz, name):
    assert type(varz[name]) is int and varz[name] >= -1


@pytest.mark.parametrize("name", ["cpu", "auth_timeout", "tls_timeout"])
def test_what_may_be_broken_is_a_number(varz, name):
    assert type(varz[name]) in (int, float) and varz[name] >= 0


@pytest.mark.parametrize("name", STRINGS.split())
def test_a_text_is_a_text(varz, name):
    assert type(varz[name]) is str


@pytest.mark.parametrize("name", ["start", "now", "config_load_time"])
def test_a_time_is_in_utc_without_zeros_at_the_end(varz, name):
    assert TIME.fullmatch(varz[name])


def test_the_process_is_seen(server, varz):
    assert varz["mem"] > 1 << 20
    assert abs(varz["mem"] - server.status("VmRSS")) < 64 << 20
    assert 1 <= varz["gomaxprocs"] <= varz["cores"]
    assert varz["go"]


def test_the_server_is_named_by_its_key(server, varz):
    assert re.fullmatch(r"N[A-Z2-7]{55}", varz["server_id"])
    with server.raw() as client:
        info = client.read_info()
    assert varz["server_id"] == varz["server_name"] == info["server_id"]
    assert (varz["version"], varz["proto"]) == (info["version"], info["proto"])
    assert varz.get("git_commit") == info.get("git_commit")


def test_two_looks_differ_only_in_what_moves(start):
    server = start(LISTEN)
    first, second = server.json("/varz"), server.json("/varz")
    moving = {"now", "uptime", "mem", "cpu", "http_req_stats"}
    assert {name for name in first if first[name] != second[name]} <= moving
    assert second["now"] > first["now"]
    assert second["http_req_stats"]["/varz"] == first["http_req_stats"]["/varz"] + 1


def test_looking_at_other_pages_moves_nothing(start):
    server = start(LISTEN)
    first = server.json("/varz")
    for path in ("/connz?subs=1", "/subsz?subs=1&test=foo", "/healthz", "/nope"):
        server.get(path)
    second = server.json("/varz")
    moving = {"now", "uptime", "mem", "cpu", "http_req_stats"}
    assert {name for name in first if first[name] != second[name]} <= moving


def test_parameters_do_not_matter(server, ask):
    assert ask(server, "/varz?limit=x&subs=yes&foo").status == 200


def test_the_uptime_counts_whole_seconds(server):
    def after_two_seconds():
        return server.json("/varz")["uptime"] not in ("0s", "1s")

    server.wait_for(after_two_seconds, "two seconds")
    assert re.fullmatch(r"(\d+m)?\d+s", server.json("/varz")["uptime"])


def test_the_processor_is_watched(start):
    server = start(LISTEN)

    def busy():
        with server.connect() as client:
            client.send(b"PUB a 0\r\n\r\n" * 20000)
            client.ping()
        return server.json("/varz")["cpu"]

    cpu = server.wait_for(busy, "time taken by the process")
    assert round(cpu, 1) == cpu


def test_text_is_escaped_for_pages(start, ask):
    server = start(LISTEN + "server_name: '<a>&b'\nserver_metadata: {k: 'é'}\n")
    body = ask(server, "/varz").body.decode()
    assert r'"server_name": "\u003ca\u003e\u0026b"' in body
    assert '"k": "é"' in body
    assert json.loads(body)["server_name"] == "<a>&b"

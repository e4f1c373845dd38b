"""/slowz: who makes publishers wait and memory grow.

Spec: src/monitor/pages/slowz.h.
"""
import socket

import pytest

from harness.client import Client

pytestmark = pytest.mark.gannet_only("the page of slow receivers")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
MEMBERS = ["server_id", "now", "total", "limit", "receivers"]
ROW = ["cid", "name", "ip", "port", "account", "pending_bytes", "pending_bytes_high",
       "max_pending", "cuts", "stalls", "subject"]
CHUNK = 1 << 16


def lazy_reader(server, subject: str, name=None) -> Client:
    """A subscriber that has stopped reading; its system takes few bytes for it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(server.timeout)
    sock.connect((server.host, server.port))
    client = Client(sock, server.timeout)
    client.handshake(**({"name": name} if name else {}))
    client.send(f"SUB {subject} 1\r\n".encode())
    client.ping()
    return client


def flood(sender: Client, subject: str, until) -> None:
    data = f"PUB {subject} {CHUNK}\r\n".encode() + b"x" * CHUNK + b"\r\n"
    for _ in range(1024):
        sender.send(data)
        sender.ping()
        if until():
            return
    raise AssertionError("64 MiB were not enough")


def slow(server, query: str = "") -> dict:
    """The receivers by number."""
    return {one["cid"]: one for one in server.json("/slowz?" + query)["receivers"]}


def test_nobody_is_slow(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a 1\r\nPUB a 1\r\nx\r\n")
        client.ping()
        slowz = server.json("/slowz")
    assert list(slowz) == MEMBERS
    assert (slowz["total"], slowz["limit"], slowz["receivers"]) == (0, 20, []), slowz
    assert slowz["server_id"] == server.json("/varz")["server_id"]


def test_who_falls_behind_is_shown_with_what_fills_it(start):
    server = start(LISTEN + "max_pending: 16MB\n")
    with lazy_reader(server, "lag.*", "laggard") as reader, server.connect() as sender:
        cid = reader.info["client_id"]

        def is_shown():
            return slow(server).get(cid, {}).get("pending_bytes", 0) > 1 << 20

        flood(sender, "lag.behind", is_shown)
        shown = slow(server)[cid]
        assert list(shown) == ROW
        assert (shown["ip"], shown["port"]) == reader.sock.getsockname()
        assert (shown["name"], shown["account"], shown["subject"]) == ("laggard", "$G",
                                                                       "lag.behind")
        assert 1 << 20 < shown["pending_bytes"] <= shown["pending_bytes_high"] <= 16 << 20
        assert (shown["max_pending"], shown["cuts"]) == (16 << 20, 0)
        connz = server.json("/connz")["connections"]
        row = next(one for one in connz if one["cid"] == cid)
        assert shown["pending_bytes"] == row["pending_bytes"]
        assert shown["stalls"] == row.get("stalls", 0)


def test_who_reads_again_keeps_the_mark(start):
    server = start(LISTEN + "max_pending: 16MB\n")
    with lazy_reader(server, "lag") as reader, server.connect() as sender:
        cid = reader.info["client_id"]
        flood(sender, "lag", lambda: slow(server).get(cid, {}).get("pending_bytes", 0) > 1 << 20)
        high = slow(server)[cid]["pending_bytes_high"]
        pings = []

        def is_empty():
            pings.append(reader.ping())
            return slow(server)[cid]["pending_bytes"] == 0

        server.wait_for(is_empty, "nothing waiting")
        # The answers to our pings waited with the rest.
        assert 0 <= slow(server)[cid]["pending_bytes_high"] - high <= len(b"PONG\r\n") * len(pings)
        assert "name" not in slow(server)[cid]


def test_who_was_cut_stands_first(start, closed_row):
    server = start(LISTEN + "max_pending: 4MB\n")
    with lazy_reader(server, "lag") as late, lazy_reader(server, "flood", "victim") as victim:
        with server.connect() as sender:
            cid = late.info["client_id"]
            flood(sender, "lag", lambda: cid in slow(server))
            flood(sender, "flood", lambda: "Slow Consumer" in server.log())
        closed_row(server, victim.info["client_id"])
        slowz = server.json("/slowz")
        assert slowz["total"] == 2
        first, second = slowz["receivers"]
        assert (first["cid"], first["cuts"], first["name"]) == (
            victim.info["client_id"], 1, "victim")
        assert first["subject"] == "flood"
        assert (second["cid"], second["cuts"]) == (cid, 0)
        assert server.json("/varz")["slow_consumers"] == 1


@pytest.mark.parametrize("query, limit", [("limit=1", 1), ("limit=0", 20), ("limit=-2", 20),
                                          ("limit=", 20), ("limit=100", 100)])
def test_the_worst_are_shown(start, query, limit):
    server = start(LISTEN + "max_pending: 8MB\n")
    with lazy_reader(server, "all") as one, lazy_reader(server, "all") as other:
        with server.connect() as sender:
            ids = {one.info["client_id"], other.info["client_id"]}
            flood(sender, "all", lambda: ids <= set(slow(server)))
        slowz = server.json("/slowz?" + query)
        assert (slowz["total"], slowz["limit"]) == (2, limit)
        assert len(slowz["receivers"]) == min(2, limit)


def test_a_limit_that_is_no_number_is_an_error(server, ask):
    got = ask(server, "/slowz?limit=x")
    assert (got.status, got.kind) == (400, "text/plain; charset=utf-8")
    assert got.body.decode() == (
        "Error decoding int for 'limit': strconv.Atoi: parsing \"x\": invalid syntax")


def test_it_is_json_for_everyone_and_not_counted(server, ask):
    got = ask(server, "/slowz")
    assert (got.status, got.kind) == (200, "application/json")
    assert got.headers["Access-Control-Allow-Origin"] == "*"
    assert "/slowz" not in server.json("/varz")["http_req_stats"]

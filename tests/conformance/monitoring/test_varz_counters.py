"""How the numbers of /varz move with connections, messages and trouble.

Spec: monitoring §2; checklist 18, 23, 25.
"""
import socket

import pytest

from harness.client import Client

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
TRAFFIC = ("in_msgs", "in_bytes", "out_msgs", "out_bytes")
NAMES = TRAFFIC + tuple(name.replace("_", "_client_") for name in TRAFFIC)


def counted(server) -> tuple:
    """in_msgs, in_bytes, out_msgs, out_bytes; those of clients are the same."""
    varz = server.json("/varz")
    values = tuple(varz[name] for name in NAMES)
    assert values[:4] == values[4:], values
    return values[:4]


def test_a_message_without_receivers_comes_in_only(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"PUB a 5\r\nhello\r\n")
        client.ping()
        assert counted(server) == (1, 5, 0, 0)


def test_a_message_goes_out_to_each_receiver(start):
    server = start(LISTEN)
    with server.connect() as client, server.connect() as other:
        other.send(b"SUB a 1\r\nSUB * 2\r\n")
        other.ping()
        client.send(b"SUB > 1\r\nPUB a 5\r\nhello\r\n")
        client.ping()
        other.ping()
        assert counted(server) == (1, 5, 3, 15)


def test_one_of_a_queue_counts_once(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a q 1\r\nSUB a q 2\r\n" + b"PUB a 2\r\nhi\r\n" * 10)
        client.ping()
        assert counted(server) == (10, 20, 10, 20)


def test_headers_count_and_the_subject_does_not(start):
    server = start(LISTEN)
    with server.connect(headers=True) as client:
        client.send(b"SUB long.subject.of.a.message 1\r\n"
                    b"HPUB long.subject.of.a.message reply 19 22\r\n"
                    b"NATS/1.0\r\nA: bc\r\n\r\nxyz\r\n")
        client.ping()
        assert counted(server) == (1, 22, 1, 22)


def test_headers_a_receiver_cannot_read_count_for_it_too(start):
    server = start(LISTEN)
    with server.connect(headers=True) as client, server.connect(headers=False) as old:
        old.send(b"SUB a 1\r\n")
        old.ping()
        client.send(b"HPUB a 19 22\r\nNATS/1.0\r\nA: bc\r\n\r\nxyz\r\n")
        client.ping()
        assert b"MSG a 1 3\r\nxyz\r\n" in old.ping()
        assert counted(server) == (1, 22, 1, 22)


def test_an_empty_message_is_one(start):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a 1\r\nPUB a 0\r\n\r\n")
        client.ping()
        assert counted(server) == (1, 0, 1, 0)


def test_nobody_hears_himself_without_echo(start):
    server = start(LISTEN)
    with server.connect(echo=False) as client:
        client.send(b"SUB a 1\r\nPUB a 1\r\nx\r\n")
        client.ping()
        assert counted(server) == (1, 1, 0, 0)


def test_a_message_that_is_refused_counts_unless_it_was_not_read(start):
    server = start(LISTEN + "max_payload: 10\n")
    with server.connect() as client:
        client.send(b"PUB a 11\r\nhello world\r\n")
        client.read_to_close()
    assert counted(server) == (0, 0, 0, 0)


def test_the_missing_responder_is_not_a_message_of_a_client(start):
    server = start(LISTEN)
    with server.connect(headers=True, no_responders=True) as client:
        client.send(b"SUB r 1\r\nPUB a r 2\r\nhi\r\n")
        assert b"503" in client.ping()
        in_msgs, in_bytes, _, _ = counted(server)
        assert (in_msgs, in_bytes) == (1, 2)


def test_what_was_counted_stays_when_its_connection_goes(start, closed_row):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"SUB a 1\r\nPUB a 5\r\nhello\r\n")
        client.ping()
        cid = client.info["client_id"]
    closed_row(server, cid)
    assert counted(server) == (1, 5, 1, 5)


# ---- connections and subscriptions

def test_connections_are_those_that_are_open(start, closed_row):
    server = start(LISTEN)
    assert [server.json("/varz")[name] for name in ("connections", "total_connections")] == [0, 0]
    clients = [server.connect() for _ in range(5)]
    assert [server.json("/varz")[name] for name in ("connections", "total_connections")] == [5, 5]
    for client in clients:
        client.close()
        closed_row(server, client.info["client_id"])
    varz = server.json("/varz")
    assert (varz["connections"], varz["total_connections"]) == (0, 5)


def test_who_has_not_connected_yet_counts_too(start):
    server = start(LISTEN)
    with server.raw() as client:
        client.read_info()
        server.wait_for(lambda: server.json("/varz")["connections"] == 1, "the connection")
        assert server.json("/varz")["total_connections"] == 1


def test_who_is_one_too_many_counts_in_the_total(start, closed_row):
    server = start(LISTEN + "max_connections: 1\n")
    with server.connect(), server.raw() as refused:
        cid = refused.read_info()["client_id"]
        refused.read_to_close()
        closed_row(server, cid)
        varz = server.json("/varz")
        assert (varz["connections"], varz["total_connections"]) == (1, 2)


def test_subscriptions_are_those_of_all_connections(start, closed_row):
    server = start(LISTEN)

    def more():
        return server.json("/varz")["subscriptions"] - before

    before = server.json("/varz")["subscriptions"]
    with server.connect() as client, server.connect() as other:
        client.send(b"SUB a 1\r\nSUB a 2\r\nSUB b q 3\r\nSUB c.* 4\r\n")
        client.ping()
        other.send(b"SUB a 1\r\n")
        other.ping()
        assert more() == 5
        client.send(b"UNSUB 1\r\nUNSUB 99\r\nUNSUB 2 1\r\n")
        client.ping()
        assert more() == 4
        client.send(b"PUB a 0\r\n\r\n")
        client.ping()
        assert more() == 3
        client.close()
        closed_row(server, client.info["client_id"])
        assert more() == 1


# ---- trouble

def test_a_stale_connection_is_counted(start, closed_row):
    server = start(LISTEN + "ping_interval: 100ms\nping_max: 1\n")
    with server.connect() as client:
        client.read_to_close()
        closed_row(server, client.info["client_id"])
    varz = server.json("/varz")
    assert varz["stale_connections"] == 1
    assert varz["stale_connection_stats"] == {"clients": 1, "routes": 0, "gateways": 0, "leafs": 0}


def silent_reader(server) -> Client:
    """A subscriber that has stopped reading; its system takes few bytes for it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(server.timeout)
    sock.connect((server.host, server.port))
    client = Client(sock, server.timeout)
    client.handshake()
    client.send(b"SUB flood 1\r\n")
    client.ping()
    return client


@pytest.mark.parametrize("config, reason", [
    ("max_pending: 1MB\n", "Slow Consumer (Pending Bytes)"),
    ("write_deadline: 100ms\n", "Slow Consumer (Write Deadline)")])
def test_a_slow_consumer_is_counted(start, closed_row, config, reason):
    server = start(LISTEN + config)
    with silent_reader(server) as reader, server.connect() as sender:
        data = b"PUB flood 65536\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(512):
            sender.send(data)
            sender.ping()
            if "Slow Consumer" in server.log():
                break
        assert closed_row(server, reader.info["client_id"])["reason"] == reason
    varz = server.json("/varz")
    assert varz["slow_consumers"] == 1
    assert varz["slow_consumer_stats"] == {"clients": 1, "routes": 0, "gateways": 0, "leafs": 0}
    assert varz["stale_connections"] == 0


def test_waiting_bytes_and_stalls_are_seen(start, row):
    server = start(LISTEN + "max_pending: 8MB\n")
    with silent_reader(server) as reader, server.connect() as sender:
        data = b"PUB flood 65536\r\n" + b"x" * 65536 + b"\r\n"
        for _ in range(512):
            sender.send(data)
            sender.ping()
            if server.json("/varz")["stalled_clients"]:
                break
        shown = row(server, reader)
        assert shown["pending_bytes"] > 4 << 20
        assert shown["stalls"] >= 1
        assert row(server, sender)["pending_bytes"] == 0
        at = list(shown).index("stalls")
        assert list(shown)[at - 1:at + 2] == ["out_bytes", "stalls", "subscriptions"]

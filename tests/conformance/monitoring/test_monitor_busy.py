"""Monitoring while the server works, and visitors that behave badly.

Spec: monitoring §1, and plain sense: looking must neither hurt nor be hurt.
"""
import itertools
import json
import socket
import threading

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
PATHS = ["/varz", "/connz?subs=detail&auth=1&state=all", "/connz?sort=bytes_to&subs=1",
         "/connz?state=closed&sort=stop", "/subsz?subs=1", "/subsz?test=busy1.1.1", "/healthz", "/"]


def come_and_go(server, name: str, stop: threading.Event, troubles: list) -> None:
    """Connections that subscribe, publish and leave, one after the other."""
    try:
        for turn in itertools.count():
            if stop.is_set():
                return
            with server.connect(name="guest") as client:
                for each in range(20):
                    subject = f"{name}.{turn}.{each}"  # nobody else's
                    client.send(f"SUB {subject} q {each}\r\nPUB {subject} 2\r\nhi\r\n".encode())
                client.ping()
    except (AssertionError, OSError) as trouble:
        troubles.append(trouble)


def test_all_pages_are_whole_while_clients_come_and_go(start):
    server = start(LISTEN + "max_closed_clients: 50\n")
    stop, troubles = threading.Event(), []
    guests = [threading.Thread(target=come_and_go, args=(server, f"busy{each}", stop, troubles))
              for each in range(3)]
    for guest in guests:
        guest.start()
    try:
        for path in PATHS * 15:
            status, body = server.get(path)
            assert status == 200, path
            if path != "/":
                json.loads(body)
    finally:
        stop.set()
        for guest in guests:
            guest.join()
    assert troubles == []
    server.wait_for(lambda: server.json("/varz")["connections"] == 0, "the guests' end")
    varz, connz = server.json("/varz"), server.json("/connz?state=closed")
    assert varz["in_msgs"] == varz["out_msgs"] == varz["in_bytes"] / 2
    assert varz["in_msgs"] == 20 * varz["total_connections"]
    assert connz["total"] == 50
    assert {(one["in_msgs"], one["out_msgs"], one["reason"]) for one in connz["connections"]} == {
        (20, 20, "Client Closed")}


def test_a_page_may_be_large(start):
    server = start(LISTEN)
    with server.connect() as client:
        count = 20_000
        client.send(b"".join(b"SUB %s.%d %d\r\n" % (b"x" * 50, each, each)
                             for each in range(count)))
        client.ping()
        details = server.json("/connz?subs=detail")["connections"][0]["subscriptions_list_detail"]
        assert {sub["sid"] for sub in details} == {str(each) for each in range(count)}
        assert server.json("/subsz?subs=1&acc=$G&limit=100000")["total"] >= count


@pytest.mark.parametrize("way", ["close", "reset", "silence"])
def test_who_does_not_read_a_large_page_hurts_nobody(start, monitor, way):
    server = start(LISTEN)
    with server.connect() as client:
        client.send(b"".join(b"SUB %s.%d %d\r\n" % (b"x" * 500, each, each)
                             for each in range(20_000)))
        client.ping()
        visitors = []
        for _ in range(4):
            visitor = monitor(server)
            visitor.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            visitor.send(b"GET /connz?subs=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            visitors.append(visitor)
            if way != "silence":
                visitor.read_exactly(10)
                getattr(visitor, way)()
        for _ in range(20):
            assert server.get("/healthz") == (200, '{"status":"ok"}')
            client.ping()
        for visitor in visitors:
            visitor.close()
    assert server.process.poll() is None


@pytest.mark.parametrize("data", [b"", b"GET", b"GET /varz HTTP/1.1\r\nHost: x\r\n",
                                  b"GET /varz HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_who_hangs_up_early_hurts_nobody(server, monitor, data):
    for way in ("close", "reset"):
        for _ in range(20):
            visitor = monitor(server)
            visitor.send(data)
            getattr(visitor, way)()
    assert server.get("/healthz") == (200, '{"status":"ok"}')


def test_a_shutdown_does_not_wait_for_visitors(start, monitor):
    server = start(LISTEN)
    with monitor(server) as idle, monitor(server) as silent:
        idle.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        idle.read_until(b'{"status":"ok"}')
        silent.send(b"GET /hea")
        server.process.terminate()
        assert server.wait_exit() == 0
        assert idle.read_to_close() == silent.read_to_close() == b""

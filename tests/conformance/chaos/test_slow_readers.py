"""Receivers that stop reading: they are cut, the others get everything, memory stays bounded."""
import contextlib
import socket

import pytest

from bystanders import next_message, ping
from harness.client import Client

MIB = 1 << 20
BODY = b"x" * 50_000
MESSAGE = b"MSG feed 1 50000\r\n" + BODY + b"\r\n"
PUBLISH = b"PUB feed 50000\r\n" + BODY + b"\r\n"
BATCH = 10
COUNT = 1200  # 60 MB: far more than a slow receiver may have pending, and its sockets hold


def slow_subscriber(server) -> Client:
    """A subscriber with a small receive window, that does not read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(server.timeout)
    sock.connect((server.host, server.port))
    client = Client(sock, server.timeout)
    client.handshake(name="slow")
    client.send(b"SUB feed 1\r\n")
    ping(client)
    return client


def subscriber(server) -> Client:
    client = server.connect(name="fast")
    client.send(b"SUB feed 1\r\n")
    ping(client)
    return client


def closed_reasons(server) -> list:
    connections = server.json("/connz?state=closed")["connections"]
    return [one["reason"] for one in connections if one.get("name") == "slow"]


class Peak:
    """The most memory a server has had since this was made."""

    def __init__(self, server):
        self.server = server
        self.start = server.status("VmRSS")
        self.most = self.start

    def look(self) -> None:
        self.most = max(self.most, self.server.status("VmRSS"))

    @property
    def growth(self) -> int:
        return self.most - self.start


@pytest.mark.exact_memory
@pytest.mark.parametrize("slow_count, max_pending", [(1, 4 * MIB), (8, MIB)])
def test_slow_readers_are_cut_and_the_others_get_everything(
        monitored, undisturbed, slow_count, max_pending):
    server = monitored(f"max_pending: {max_pending}, write_deadline: 60s\n")
    with undisturbed(server), server.connect() as publisher:
        slow = [slow_subscriber(server) for _ in range(slow_count)]
        fast = [subscriber(server) for _ in range(2)]
        peak = Peak(server)
        for _ in range(COUNT // BATCH):
            publisher.send(PUBLISH * BATCH)
            for client in fast:  # never far behind, however slow Python is
                assert [next_message(client) for _ in range(BATCH)] == [MESSAGE] * BATCH
            peak.look()
        assert ping(publisher) == b""

        server.wait_for(lambda: len(closed_reasons(server)) == slow_count, "the slow to be cut")
        assert set(closed_reasons(server)) == {"Slow Consumer (Pending Bytes)"}
        assert server.json("/varz")["slow_consumers"] == slow_count
        assert "Slow Consumer Detected: MaxPending of" in server.log()
        # What all receivers may have pending at once, and twice that for the reference, whose
        # collector lets garbage grow as large as what lives.
        bound = (slow_count + 2) * max_pending + 16 * MIB
        assert peak.growth <= (bound if server.is_gannet else 3 * bound), peak.growth / MIB
        for client in slow + fast:
            client.close()


def test_what_a_slow_reader_was_sent_ends_without_an_error_line(monitored):
    server = monitored(f"max_pending: {MIB}\nmax_payload: {MIB // 2}\n")
    with server.connect() as publisher:
        slow = slow_subscriber(server)
        for _ in range(COUNT // 4):
            publisher.send(PUBLISH)
        ping(publisher)
        server.wait_for(lambda: closed_reasons(server), "the slow to be cut")
        got = slow.read_to_close()
        assert (MESSAGE * (len(got) // len(MESSAGE) + 1)).startswith(got)
        slow.close()


def test_a_reader_that_stops_for_too_long_misses_the_write_deadline(monitored, undisturbed):
    server = monitored('write_deadline: "300ms"\n')
    with undisturbed(server), server.connect() as publisher:
        slow = slow_subscriber(server)
        for _ in range(200):  # 10 MB: less than may be pending, more than sockets hold
            publisher.send(PUBLISH)
        assert ping(publisher) == b""
        server.wait_for(lambda: closed_reasons(server), "the slow to be cut")
        assert closed_reasons(server) == ["Slow Consumer (Write Deadline)"]
        assert "Slow Consumer Detected: WriteDeadline of 300ms exceeded with" in server.log()
        slow.close()


def test_a_reader_that_stops_for_a_while_loses_nothing(monitored, undisturbed):
    server = monitored('write_deadline: "60s"\n')
    with undisturbed(server) as pair, server.connect() as publisher:
        slow = slow_subscriber(server)
        for _ in range(200):
            publisher.send(PUBLISH)
        assert ping(publisher) == b""
        pair.wait_rounds(100)
        assert [next_message(slow) for _ in range(200)] == [MESSAGE] * 200
        assert server.json("/varz")["slow_consumers"] == 0
        slow.close()


def flood(client, data: bytes, times: int) -> None:
    """Sends until the server no longer takes it."""
    client.sock.settimeout(client.timeout / 4)
    with contextlib.suppress(ConnectionError, TimeoutError):
        for _ in range(times):
            client.sock.sendall(data)


@pytest.mark.parametrize("data, times", [(PUBLISH, 600), (b"PING\r\n" * 100_000, 40)],
                         ids=["messages", "pings"])
def test_who_does_not_read_what_it_asked_for_is_cut_while_it_floods(
        monitored, undisturbed, data, times):
    server = monitored(f"max_pending: {MIB}\nmax_payload: {MIB // 2}\n")
    with undisturbed(server):
        client = slow_subscriber(server)
        peak = Peak(server)
        flood(client, data, times)
        peak.look()
        assert closed_reasons(server) == ["Slow Consumer (Pending Bytes)"]
        assert peak.growth <= 32 * MIB, peak.growth / MIB
        client.close()

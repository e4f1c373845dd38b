"""Clients that read too slowly, and producers that are too fast for them.

Spec: client-protocol §10; checklist 67, 68.
"""
import re
import socket
import time

from harness.client import Client

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
MEGABYTE = 1 << 20
CHUNK = 1 << 16


def slow_reader(server, receive: int = 4096) -> Client:
    """A subscriber with a receive buffer of this size that has stopped reading."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    sock.settimeout(server.timeout)
    sock.connect((server.host, server.port))
    client = Client(sock, server.timeout)
    client.handshake()
    client.send(b"SUB flood 1\r\n")
    client.ping()
    return client


def message(size: int = CHUNK) -> bytes:
    return b"PUB flood %d\r\n" % size + b"x" * size + b"\r\n"


def flood(server, sender, until, limit: int = 64 * MEGABYTE) -> int:
    """Publishes, one round trip for each message, until `until()`; returns how many."""
    data = message()
    for count in range(1, limit // CHUNK):
        sender.send(data)
        sender.ping()
        if until():
            return count
    raise AssertionError(f"{limit} bytes were not enough: {server.log()[-2000:]}")


def test_who_does_not_read_is_closed_without_a_word(start, close_reason):
    server = start(LISTEN + f"max_pending: {2 * MEGABYTE}\n")
    with slow_reader(server) as reader, server.connect() as sender:
        cid = reader.info["client_id"]
        flood(server, sender, lambda: "Slow Consumer" in server.log())
        assert close_reason(server, cid) == "Slow Consumer (Pending Bytes)"
        assert b"-ERR" not in reader.read_to_close()
        sender.ping()
    server.wait_log(re.compile(
        rf"\[INF\] \S+ - cid:{cid} - Slow Consumer Detected:"
        rf" MaxPending of {2 * MEGABYTE} Exceeded\n"))
    varz = server.json("/varz")
    assert varz["slow_consumers"] == 1
    assert varz["slow_consumer_stats"]["clients"] == 1


def test_a_write_that_does_not_end_closes_without_a_word(start, close_reason):
    server = start(LISTEN + 'write_deadline: "300ms"\n')
    with slow_reader(server) as reader, server.connect() as sender:
        cid = reader.info["client_id"]
        sender.send(message(MEGABYTE) * 16)
        sender.ping()
        assert close_reason(server, cid) == "Slow Consumer (Write Deadline)"
        assert b"-ERR" not in reader.read_to_close()
        sender.ping()
    server.wait_log(re.compile(
        rf"\[INF\] \S+ - cid:{cid} - Slow Consumer Detected: WriteDeadline of 300ms exceeded"
        r" with \d+ chunks of \d+ total bytes\."))
    assert server.json("/varz")["slow_consumers"] == 1


def test_with_retry_a_write_may_take_longer(start):
    server = start(LISTEN + 'write_deadline: "1s"\nwrite_timeout: retry\n')
    with slow_reader(server, receive=1 << 17) as reader, server.connect() as sender:
        sender.send(message(MEGABYTE) * 12)
        sender.ping()
        server.wait_log("Slow Consumer Detected: WriteDeadline of 1s exceeded with ")
        expected = b"MSG flood 1 1048576\r\n" + b"x" * MEGABYTE + b"\r\n"
        got = reader.read_exactly(12 * len(expected))
        pings = got.count(b"PING\r\n")  # after two seconds
        assert got.replace(b"PING\r\n", b"") + reader.read_exactly(6 * pings) == expected * 12
        server.wait_log(re.compile(
            r"Slow Consumer Recovered: Flush took \d+\.\d{3}s with \d+ chunks"
            r" of \d+ total bytes\."))


def test_with_retry_a_write_that_is_slow_again_and_again_is_told_each_time(start):
    server = start(LISTEN + 'write_deadline: "1s"\nwrite_timeout: retry\n')
    with slow_reader(server, receive=1 << 17) as reader, server.connect() as sender:
        sender.send(message(MEGABYTE) * 24)
        sender.ping()
        again = re.compile(r"Slow Consumer State: WriteDeadline of 1s exceeded"
                           r" with \d+ chunks of \d+ total bytes\.")

        def goes_on_slowly():
            reader.read_exactly(CHUNK)
            return again.search(server.log())

        server.wait_for(goes_on_slowly, "the second line")
        assert server.log().count("Slow Consumer Detected") == 1
        counted = server.json("/varz")["slow_consumers"]
        assert counted >= 2
        server.wait_for(lambda: len(again.findall(server.log())) + 1 >= counted, "a line for each")


def test_others_get_all_while_one_is_slow(start):
    server = start(LISTEN + f"max_pending: {2 * MEGABYTE}\n")
    with slow_reader(server), server.connect() as reader, server.connect() as sender:
        reader.send(b"SUB flood 2\r\n")
        reader.ping()
        expected = b"MSG flood 2 65536\r\n" + b"x" * CHUNK + b"\r\n"
        for _ in range(200):
            sender.send(message())
            line = reader.read_line()
            if line == b"PING\r\n":  # two seconds have passed
                line = reader.read_line()
            assert line + reader.read_exactly(CHUNK + 2) == expected


def test_a_message_that_does_not_fit_closes_even_an_idle_reader(start, close_reason):
    server = start(LISTEN + f"max_pending: {MEGABYTE}\nmax_payload: {MEGABYTE}\n")
    with server.connect() as reader, server.connect() as sender:
        reader.send(b"SUB flood 1\r\n")
        reader.ping()
        sender.send(message(MEGABYTE))
        sender.ping()
        assert close_reason(server, reader.info["client_id"]) == "Slow Consumer (Pending Bytes)"


# ---- producers

def test_a_producer_waits_a_little_for_a_slow_consumer(start, connection):
    server = start(LISTEN + f"max_pending: {32 * MEGABYTE}\n")
    with slow_reader(server) as reader, server.connect() as sender:
        cid = reader.info["client_id"]

        def stalls():
            return connection(server, cid).get("stalls", 0)

        flood(server, sender, stalls)
        before, since = stalls(), time.monotonic()
        for _ in range(50):
            sender.send(b"PUB flood 1\r\nx\r\n")
            sender.ping()
        took = time.monotonic() - since
        assert stalls() - before >= 40
        assert 0.05 <= took < 5, took
        assert server.json("/varz")["stalled_clients"] > 0


def test_a_batch_waits_once_for_all(start, connection):
    server = start(LISTEN + f"max_pending: {32 * MEGABYTE}\n")
    with slow_reader(server) as reader, server.connect() as sender:
        cid = reader.info["client_id"]
        flood(server, sender, lambda: connection(server, cid).get("stalls", 0))
        since = time.monotonic()
        sender.send(b"PUB flood 1\r\nx\r\n" * 2000)  # 2 ms each would be four seconds
        sender.ping()
        assert time.monotonic() - since < 3
    server.wait_log(re.compile(r"\[WRN\] \S+ - cid:\d+ - Producer was stalled for a total of \S+"))


def test_a_producer_that_must_not_wait_loses_its_messages(start, connection):
    server = start(LISTEN + f"max_pending: {2 * MEGABYTE}\nno_fast_producer_stall: true\n")
    with slow_reader(server, receive=1 << 17) as reader, server.connect() as sender:
        count = 16 * MEGABYTE // CHUNK
        for _ in range(count):
            sender.send(message())
            sender.ping()
        got = reader.ping().count(b"MSG flood 1 65536\r\n")
        assert 0 < got < count
        assert connection(server, reader.info["client_id"]).get("stalls", 0) == 0
        sender.send(b"PUB flood 4\r\nlast\r\n")
        reader.read_until(b"MSG flood 1 4\r\nlast\r\n")


def test_a_message_lost_that_way_has_no_responders(start):
    server = start(LISTEN + f"max_pending: {2 * MEGABYTE}\nno_fast_producer_stall: true\n")
    with slow_reader(server), server.connect(headers=True, no_responders=True) as sender:
        sender.send(b"SUB r 1\r\n")
        data = b"PUB flood r %d\r\n" % CHUNK + b"x" * CHUNK + b"\r\n"
        for _ in range(64 * MEGABYTE // CHUNK):
            sender.send(data)
            answer = sender.ping()
            if b"HMSG" in answer:
                break
        missing = b"HMSG r 1 37 37\r\nNATS/1.0 503\r\nNats-Subject: flood\r\n\r\n\r\n"
        assert answer.replace(b"PING\r\n", b"") == missing

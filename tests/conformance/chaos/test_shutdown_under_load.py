"""SIGTERM while messages flow: what was confirmed has been delivered, and everyone is closed."""
import signal
import threading

import pytest

from bystanders import ping
from crowd import Crowd

BATCH = 50


class Publisher:
    """Publishes numbered messages in batches, each confirmed by a PONG, until it is closed."""

    def __init__(self, server, subject: bytes, body: bytes):
        self.confirmed = 0
        self.sent = 0
        self.failure = None
        self._client = server.connect()
        self._subject = subject
        self._body = body
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _batch(self) -> bytes:
        lines = []
        for number in range(self.sent, self.sent + BATCH):
            payload = b"%08d" % number + self._body
            lines.append(b"PUB %s %d\r\n%s\r\n" % (self._subject, len(payload), payload))
        return b"".join(lines)

    def _run(self) -> None:
        try:
            while True:
                batch = self._batch()
                self.sent += BATCH
                self._client.send(batch)
                assert ping(self._client) == b""
                self.confirmed = self.sent
        except OSError:
            pass  # closed while it was sending
        except AssertionError as failure:
            if not str(failure).startswith("closed before b'PONG"):
                self.failure = failure

    def finish(self) -> None:
        self._thread.join()
        self._client.close()
        assert self.failure is None, self.failure


class Subscriber:
    """Reads everything until the end of the connection."""

    def __init__(self, server, subject: bytes):
        self.data = b""
        self._client = server.connect()
        self._client.send(b"SUB %s 1\r\n" % subject)
        ping(self._client)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.data = self._client.read_to_close()

    def numbers(self, subject: bytes, body: bytes) -> list:
        """The numbers of the messages that arrived whole; nothing else may have arrived."""
        self._thread.join()
        self._client.close()
        head = b"MSG %s 1 %d\r\n" % (subject, 8 + len(body))
        size = len(head) + 8 + len(body) + 2
        data = self.data.replace(b"PING\r\n", b"")
        numbers = []
        for at in range(0, len(data) - size + 1, size):
            message = data[at:at + size]
            assert message.startswith(head) and message.endswith(body + b"\r\n"), message[:100]
            numbers.append(int(message[len(head):len(head) + 8]))
        return numbers


@pytest.mark.parametrize("body_size", [0, 4000])
@pytest.mark.parametrize("after", [1, 2000])
def test_what_was_confirmed_before_sigterm_is_delivered(start, body_size, after):
    server = start()
    body = b"x" * body_size
    subjects = [b"load.%d" % number for number in range(3)]
    subscribers = [Subscriber(server, subject) for subject in subjects for _ in range(2)]
    publishers = [Publisher(server, subject, body) for subject in subjects]
    server.wait_for(lambda: all(one.confirmed >= after for one in publishers), "some load")
    confirmed = [one.confirmed for one in publishers]
    server.signal(signal.SIGTERM)

    assert server.wait_exit() == 0
    for publisher in publishers:
        publisher.finish()
    for number, subscriber in enumerate(subscribers):
        publisher = publishers[number // 2]
        got = subscriber.numbers(subjects[number // 2], body)
        assert got == list(range(len(got))), "a gap"
        assert confirmed[number // 2] <= len(got) <= publisher.sent


def test_a_crowd_is_closed_in_order(start, descriptors, patience):
    descriptors(1000)
    server = start()
    with Crowd(server, 1000, patience) as crowd:
        crowd.forget()
        server.signal(signal.SIGTERM)
        crowd.wait(lambda member: member.closed, "the end")
        assert {member.received for member in crowd.members} <= {b"", b"PING\r\n"}
        assert server.wait_exit() == 0


def test_a_reader_that_does_not_read_cannot_keep_the_server(start):
    server = start("listen: 127.0.0.1:-1\nwrite_deadline: 2s\n")
    with server.connect() as stuck, server.connect() as publisher:
        stuck.send(b"SUB a 1\r\n")
        ping(stuck)
        publisher.send((b"PUB a 100000\r\n" + b"x" * 100_000 + b"\r\n") * 200)
        ping(publisher)
        server.signal(signal.SIGTERM)
        assert server.wait_exit() == 0


def test_a_slow_reader_gets_all_that_was_queued_for_it(start):
    """About 10 MB/s: most of it is still queued when the signal comes."""
    total, step = 30 << 20, 1 << 16
    server = start()
    reader = server.connect()
    reader.send(b"SUB slow 1\r\n")
    ping(reader)
    with server.connect() as publisher:
        payload = b"x" * 65_000
        for _ in range(total // len(payload)):
            publisher.send(b"PUB slow 65000\r\n" + payload + b"\r\n")
        assert ping(publisher) == b""
    server.signal(signal.SIGTERM)
    pace = threading.Event()
    got = 0
    while data := reader.sock.recv(step):
        got += len(data)
        pace.wait(step / 10e6)
    reader.close()
    assert server.wait_exit() == 0
    assert got >= total // len(payload) * len(payload)

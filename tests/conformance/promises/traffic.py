"""Messages in bulk: publishing many, reading many, and clients that do not read."""
import socket
import threading
import time
import typing

from harness.client import Client

READ_SIZE = 1 << 18


class Message(typing.NamedTuple):
    subject: bytes
    sid: bytes
    reply: bytes
    payload: bytes  # with the headers, where there are some


class Inbox:
    """What one client receives, message by message. Server PINGs are answered on the way."""

    def __init__(self, client: Client):
        self.client = client
        self._answers_pings = True
        self._data = bytearray(client.buffer)
        self._at = 0
        client.buffer = b""

    def _need(self, end: int, deadline: float) -> None:
        """Reads until the data reach up to `end`, counted from the next operation."""
        while len(self._data) < self._at + end:
            left = deadline - time.monotonic()
            assert left > 0, f"nothing more came in {self.client.timeout} s"
            self.client.sock.settimeout(left)
            try:
                more = self.client.sock.recv(READ_SIZE)
            except TimeoutError:
                continue
            if not more:
                raise ConnectionError("closed")
            del self._data[:self._at]
            self._at = 0
            self._data += more

    def _next(self, deadline: float) -> "Message | None":
        """The next message; None for a PONG."""
        while True:
            end = self._data.find(b"\r\n", self._at)
            while end < 0:
                self._need(len(self._data) - self._at + 1, deadline)
                end = self._data.find(b"\r\n", self._at)
            line = bytes(self._data[self._at:end])
            words = line.split()
            size = end + 2 - self._at
            if words[0] in (b"MSG", b"HMSG"):
                return self._message(words, size, deadline)
            self._at += size
            if words[0] == b"PONG":
                return None
            assert words[0] == b"PING", line
            if self._answers_pings:
                self.client.sock.sendall(b"PONG\r\n")

    def _message(self, words: list, line_size: int, deadline: float) -> Message:
        sizes = 2 if words[0] == b"HMSG" else 1
        size = int(words[-1])
        self._need(line_size + size + 2, deadline)
        at = self._at + line_size
        self._at = at + size + 2
        reply = words[3] if len(words) == 4 + sizes else b""
        return Message(words[1], words[2], reply, bytes(self._data[at:at + size]))

    def read(self, count: int) -> list:
        """The next `count` messages."""
        deadline = time.monotonic() + self.client.timeout
        found = []
        while len(found) < count:
            message = self._next(deadline)
            assert message is not None, f"a PONG after {len(found)} of {count} messages"
            found.append(message)
        return found

    def ping(self) -> list:
        """A round trip; the messages that came before the PONG."""
        self.client.send(b"PING\r\n")
        deadline = time.monotonic() + self.client.timeout
        found = []
        while (message := self._next(deadline)) is not None:
            found.append(message)
        return found

    def to_close(self) -> list:
        """All whole messages until the server closes. PINGs are not answered: what reaches a server
        that has closed makes the kernel drop all that has not been read."""
        self._answers_pings = False
        # Of a client that kept little: a window of a few bytes takes the kernel's timers to fill.
        self.client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        found = []
        try:
            while True:
                found += self.read(1)
        except ConnectionError:
            return found


def pub(subject: bytes, payload: bytes, reply: bytes = b"") -> bytes:
    return b"PUB %s %s %d\r\n%s\r\n" % (subject, reply, len(payload), payload)


def flush(client: Client) -> None:
    """A round trip that expects nothing but, perhaps, the server's own PING."""
    assert client.ping().replace(b"PING\r\n", b"") == b""


def send_from_all(work: list) -> None:
    """Sends (client, bytes) pairs at the same time, and waits until all were taken."""
    failures = []

    def send(client: Client, data: bytes) -> None:
        try:
            client.send(data)
            flush(client)
        except (AssertionError, OSError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=send, args=one) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def stuck_subscriber(server, subject: bytes, name: str = "stuck") -> Client:
    """A subscriber with a small receive window, that does not read."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(server.timeout)
    sock.connect((server.host, server.port))
    client = Client(sock, server.timeout)
    client.handshake(name=name)
    client.send(b"SUB %s 1\r\n" % subject)
    flush(client)
    return client


def subscriber(server, subject: bytes, **options) -> Inbox:
    client = server.connect(**options)
    client.send(b"SUB %s 1\r\n" % subject)
    flush(client)
    return Inbox(client)


class Pair:
    """A well-behaved pair that exchanges messages in a thread of its own. Use as a context: it
    fails if a message was lost."""

    PAUSE_S = 0.001  # between two messages: the scenario needs the processor more

    def __init__(self, server):
        self.rounds = 0
        self.times_s = []
        self.failure = None
        self._publisher = server.connect(name="pair")
        self._inbox = subscriber(server, b"pair", name="pair")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        try:
            while not self._stop.wait(self.PAUSE_S):
                text = b"%d" % self.rounds
                began = time.monotonic()
                self._publisher.send(pub(b"pair", text))
                got = self._inbox.read(1)[0].payload
                self.times_s.append(time.monotonic() - began)
                assert got == text, f"{got} in place of {text}"
                self.rounds += 1
        except (AssertionError, OSError) as failure:
            self.failure = failure

    def __enter__(self) -> "Pair":
        self._thread.start()
        return self

    def __exit__(self, kind, *_exc) -> None:
        self._stop.set()
        self._thread.join()
        self._publisher.close()
        self._inbox.client.close()
        if kind is None:
            assert self.failure is None, f"after {self.rounds} rounds: {self.failure!r}"

    def p99_s(self) -> float:
        times = sorted(self.times_s)
        return times[len(times) * 99 // 100]

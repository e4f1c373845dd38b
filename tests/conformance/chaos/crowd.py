"""Thousands of clients driven by one thread: all connect at once, and all wait at once."""
import errno
import selectors
import socket
import time

GREETING = b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB crowd 1\r\nPING\r\n'


class Member:
    """One connection of a crowd: what it has received so far."""

    def __init__(self, host: str, port: int):
        self.received = b""
        self.closed = False
        self.sock = socket.socket()
        self.sock.setblocking(False)
        result = self.sock.connect_ex((host, port))
        assert result in (0, errno.EINPROGRESS), errno.errorcode[result]

    def read(self) -> None:
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        self.received += data
        self.closed = self.closed or not data


class Crowd:
    """`count` clients, subscribed to "crowd". Use as a context: leaving closes them."""

    def __init__(self, server, count: int, patience: float):
        self.server = server
        self.count = count
        self.patience = patience
        self.members = []

    def __enter__(self) -> "Crowd":
        self.connect()
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def connect(self) -> None:
        """Connects all at once and waits until each has its PONG."""
        self.members = [Member(self.server.host, self.server.port) for _ in range(self.count)]
        with selectors.DefaultSelector() as selector:
            for member in self.members:
                selector.register(member.sock, selectors.EVENT_WRITE, member)
            self._greet(selector, time.monotonic() + self.patience)
        self.wait(lambda member: b"PONG\r\n" in member.received, "a PONG")

    def _greet(self, selector, deadline: float) -> None:
        """Greets each member once it is connected."""
        missing = self.count
        while missing:
            ready = selector.select(max(0, deadline - time.monotonic()))
            assert ready, f"{missing} of {self.count} could not connect"
            for key, _ in ready:
                failed = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                assert failed == 0, errno.errorcode[failed]
                selector.unregister(key.fileobj)
                assert key.fileobj.send(GREETING) == len(GREETING)
            missing -= len(ready)

    def wait(self, condition, what: str) -> None:
        """Reads until `condition(member)` is true of every member."""
        missing = {member for member in self.members if not condition(member)}
        deadline = time.monotonic() + self.patience
        with selectors.DefaultSelector() as selector:
            for member in missing:
                selector.register(member.sock, selectors.EVENT_READ, member)
            while missing:
                left = deadline - time.monotonic()
                assert left > 0, f"{len(missing)} of {self.count} still wait for {what}"
                for key, _ in selector.select(left):
                    key.data.read()
                    if key.data.closed or condition(key.data):
                        selector.unregister(key.fileobj)
                        missing.discard(key.data)
                        assert condition(key.data), f"closed without {what}"

    def ask(self, words: bytes) -> None:
        for member in self.members:
            assert member.sock.send(words) == len(words)

    def forget(self) -> None:
        """Forgets what was received."""
        for member in self.members:
            member.received = b""

    def close(self) -> None:
        for member in self.members:
            member.sock.close()
        self.members = []

"""A client made of bytes: what it sends and expects is what stands in the test."""
import json
import select
import socket
import time


class Client:
    """One connection. Reads fail with what came instead when the time is up."""

    def __init__(self, sock: socket.socket, timeout: float):
        self.sock = sock
        self.timeout = timeout
        self.buffer = b""
        self.info = {}

    @classmethod
    def to(cls, host: str, port: int, timeout: float) -> "Client":
        sock = socket.create_connection((host, port), timeout=timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(sock, timeout)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exc) -> None:
        self.close()

    def close(self) -> None:
        self.sock.close()

    def reset(self) -> None:
        """Closes with a RST, as a machine that died does."""
        linger_off = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_off)
        self.sock.close()

    def start_tls(self, context, server_hostname: str = "localhost") -> None:
        self.sock = context.wrap_socket(self.sock, server_hostname=server_hostname)

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def connect(self, **options) -> None:
        """Sends CONNECT without waiting for anything."""
        settings = {"verbose": False, "pedantic": False, **options}
        self.send(b"CONNECT " + json.dumps(settings).encode() + b"\r\n")

    def handshake(self, **options) -> None:
        """INFO, CONNECT, PING, PONG, and the INFO that follows the first PONG."""
        self.read_info()
        self.connect(**options)
        self.send(b"PING\r\n")
        if options.get("verbose"):
            self.expect(b"+OK\r\n")
        self.expect(b"PONG\r\n")
        if options.get("protocol", 0) >= 1:
            self.read_info()

    def read_info(self) -> dict:
        line = self.read_line()
        assert line.startswith(b"INFO "), f"expected INFO, got {line!r}"
        self.info = json.loads(line[5:])
        return self.info

    def _fill(self, deadline: float, wanted: str) -> bool:
        """Reads more; False at the end of the stream."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise AssertionError(f"waited for {wanted}, got {self.buffer[-2000:]!r}")
        self.sock.settimeout(left)
        try:
            more = self.sock.recv(65536)
        except (TimeoutError, socket.timeout):
            raise AssertionError(f"waited for {wanted}, got {self.buffer[-2000:]!r}") from None
        except ConnectionResetError:
            more = b""
        self.buffer += more
        return bool(more)

    def read_exactly(self, size: int) -> bytes:
        deadline = time.monotonic() + self.timeout
        while len(self.buffer) < size:
            if not self._fill(deadline, f"{size} bytes"):
                raise AssertionError(f"closed after {self.buffer[-2000:]!r}")
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def read_until(self, end: bytes) -> bytes:
        """Everything up to and including `end`."""
        deadline = time.monotonic() + self.timeout
        while end not in self.buffer:
            if not self._fill(deadline, repr(end)):
                raise AssertionError(f"closed before {end!r}: {self.buffer[-2000:]!r}")
        at = self.buffer.index(end) + len(end)
        data, self.buffer = self.buffer[:at], self.buffer[at:]
        return data

    def read_line(self) -> bytes:
        return self.read_until(b"\r\n")

    def read_to_close(self) -> bytes:
        """Everything until the server closes."""
        deadline = time.monotonic() + self.timeout
        while self._fill(deadline, "the end of the connection"):
            pass
        data, self.buffer = self.buffer, b""
        return data

    def expect(self, data: bytes) -> None:
        """Reads exactly `data`."""
        deadline = time.monotonic() + self.timeout
        while len(self.buffer) < len(data) and data.startswith(self.buffer):
            if not self._fill(deadline, repr(data)):
                raise AssertionError(f"closed after {self.buffer!r}, expected {data!r}")
        got = self.buffer[: len(data)]
        assert got == data, f"expected {data!r}, got {self.buffer[:2000]!r}"
        self.buffer = self.buffer[len(data):]

    def ping(self) -> bytes:
        """A round trip; returns what came before the PONG."""
        self.send(b"PING\r\n")
        return self.read_until(b"PONG\r\n")[: -len(b"PONG\r\n")]

    def expect_nothing(self) -> None:
        """Nothing was on its way when the server answered a PING."""
        got = self.ping()
        assert got == b"", f"expected nothing, got {got!r}"

    def is_open(self) -> bool:
        """True unless the server has closed; reads nothing."""
        readable, _, _ = select.select([self.sock], [], [], 0)
        if not readable:
            return True
        try:
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except ConnectionResetError:
            return False

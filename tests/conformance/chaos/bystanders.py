"""Two clients that exchange messages while something terrible happens to others."""
import threading

PAUSE_S = 0.001  # between two messages: the scenario needs the processor more


def next_message(client) -> bytes:
    """The next MSG with its payload. Answers a PING that comes before it, as clients do."""
    line = client.read_line()
    while line == b"PING\r\n":
        client.send(b"PONG\r\n")
        line = client.read_line()
    assert line.startswith(b"MSG "), f"expected MSG, got {line!r}"
    return line + client.read_exactly(int(line.split()[-1]) + 2)


def ping(client) -> bytes:
    """A round trip; returns what came before the PONG, without the server's own PING."""
    return client.ping().replace(b"PING\r\n", b"")


class Bystanders:
    """A subscriber and a publisher, run by a thread from the start of the block to its end.

    Leaving the block fails if a message did not come, came twice, or came late."""

    def __init__(self, server, patience: float):
        self.patience = patience
        self.rounds = 0
        self.failure = None
        self._stopping = threading.Event()
        self._progress = threading.Condition()
        self._subscriber = server.connect(name="bystander")
        self._publisher = server.connect(name="bystander")
        self._subscriber.send(b"SUB bystander 1\r\n")
        self._subscriber.ping()
        self._thread = threading.Thread(target=self._run)

    def _exchange(self) -> None:
        text = b"%d" % self.rounds
        self._publisher.send(b"PUB bystander %d\r\n%s\r\n" % (len(text), text))
        message = next_message(self._subscriber)
        assert message == b"MSG bystander 1 %d\r\n%s\r\n" % (len(text), text)

    def _run(self) -> None:
        failure = None
        while not failure and not self._stopping.wait(PAUSE_S):
            try:
                self._exchange()
            except (AssertionError, OSError) as why:
                failure = why
            with self._progress:
                self.rounds += 1
                self.failure = failure
                self._progress.notify_all()

    def wait_rounds(self, more: int) -> None:
        """Waits for so many more messages."""
        wanted = self.rounds + more
        with self._progress:
            self._progress.wait_for(lambda: self.rounds >= wanted or self.failure, self.patience)
        assert self.failure is None, f"bystanders after {self.rounds}: {self.failure}"
        assert self.rounds >= wanted, f"bystanders are at {self.rounds} of {wanted}"

    def __enter__(self) -> "Bystanders":
        self._thread.start()
        return self

    def __exit__(self, kind, *_exc) -> None:
        self._stopping.set()
        self._thread.join()
        try:
            if kind is None:
                assert self.failure is None, f"bystanders after {self.rounds}: {self.failure}"
                assert ping(self._publisher) == ping(self._subscriber) == b""
        finally:
            self._publisher.close()
            self._subscriber.close()

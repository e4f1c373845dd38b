"""A log that takes nothing harms nobody, and a client cannot flood one that does."""
import os
import re
import select
import signal
import socket
import threading
import time

import pytest

pytestmark = pytest.mark.gannet_only("waits for its log")

REFUSED = b"PUB $GR.x 0\r\n\r\n"
ERROR = b"-ERR 'Permissions Violation for Publish to \"$GR.x\"'\r\n"
LINES = 2000  # more than a pipe holds
INTO_PIPE = ["sh", "-c", 'exec "$@" 2>"$0"']  # the pipe, then the command


class Pipe:
    """A server's standard error: read when the test says so."""

    def __init__(self, path, patience):
        self.path = path
        self.patience = patience
        self.text = ""
        os.mkfifo(path)
        self._end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)

    def close(self) -> None:
        os.close(self._end)

    def fill(self) -> None:
        """Leaves no room for a byte."""
        with open(self.path, "wb", buffering=0,
                  opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as end:
            while end.write(b"\n" * 4096) is not None:
                pass

    def read(self, what) -> "re.Match":
        """Reads on until `what` has come, or, without it, until nobody can write."""
        pattern = re.compile(what or r"(?!)")
        deadline = time.monotonic() + self.patience
        seen = 0
        while not (found := pattern.search(self.text, max(seen - 1000, 0))):
            seen = len(self.text)
            left = max(deadline - time.monotonic(), 0)
            assert select.select([self._end], [], [], left)[0], f"no {what}: {self.text[-2000:]}"
            more = os.read(self._end, 65536)
            if not more:
                assert not what, f"ended without {what}: {self.text[-2000:]}"
                break
            self.text += more.decode(errors="replace")
        return found


@pytest.fixture
def pipe(tmp_path, patience):
    made = Pipe(tmp_path / "stderr", patience)
    yield made
    made.close()


@pytest.fixture
def stuck(serve, pipe):
    """A server whose standard error is full by now."""

    def started(config=""):
        server = serve(config, wrapper=[*INTO_PIPE, pipe.path], wait=False)
        pipe.read("Server is ready")
        server.host = "127.0.0.1"
        server.port = int(re.search(r"client connections on \S+:(\d+)", pipe.text)[1])
        server.http_port = int(re.search(r"http monitor on \S+:(\d+)", pipe.text)[1])
        pipe.fill()
        return server

    return started


def own(server, name: str) -> tuple:
    """Gannet's own number of this name, in /varz and in /metrics."""
    def get(path):
        with socket.create_connection(("127.0.0.1", server.http_port), server.timeout) as sock:
            sock.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            return b"".join(iter(lambda: sock.recv(65536), b"")).decode()
    return (int(re.search(rf'"{name}": (\d+)', get("/varz"))[1]),
            int(re.search(rf"^{name}\{{.*\}} (\d+)$", get("/metrics"), re.M)[1]))


def ping(client) -> None:
    """A round trip, which the server's own PING does not disturb."""
    assert client.ping().replace(b"PING\r\n", b"") == b""


def provoke(client, data: bytes, times: int) -> None:
    """Sends `data` so often while it reads away what comes."""
    sender = threading.Thread(target=lambda: client.send(data * times + b"PING\r\n"))
    sender.start()
    tail = b""
    while not tail.endswith(b"PONG\r\n"):
        more = client.sock.recv(1 << 20)
        assert more, tail[-1000:]
        tail = tail[-10:] + more
    sender.join()


@pytest.mark.parametrize("config", ["", "debug: true\ntrace: true\n"], ids=["errors", "trace"])
def test_nobody_waits_while_a_client_provokes_lines_and_nobody_reads_them(stuck, config):
    server = stuck(f"shards: 1\n{config}")
    with server.connect() as other, server.connect() as culprit:
        flood = threading.Thread(target=provoke, args=(culprit, REFUSED, 100_000))
        flood.start()
        while flood.is_alive():
            ping(other)
        ping(other)


def test_what_a_full_log_leaves_out_is_counted_and_said(stuck, pipe):
    server = stuck("trace: true\n")
    with server.connect() as client:
        provoke(client, REFUSED, 100_000)
    in_varz, in_metrics = own(server, "gannet_log_lines_dropped_total")
    assert 0 < in_varz <= in_metrics
    server.signal(signal.SIGHUP)  # what the server says itself is never left out
    said = pipe.read(r"\[WRN\] (\d+) lines that clients caused were left out: the log was full\n")
    assert int(said[1]) >= in_metrics
    pipe.read("Reloaded server configuration")


def test_a_server_ends_although_nobody_reads_its_log(stuck):
    server = stuck()
    server.signal(signal.SIGTERM)
    assert server.wait_exit() == 0


def test_a_start_that_fails_ends_although_nobody_reads_why(server, start, pipe):
    pipe.fill()
    failing = start(args=["-a", "127.0.0.1", "-p", server.port],
                    wrapper=[*INTO_PIPE, pipe.path], wait=False)
    assert failing.wait_exit() == 1


def test_a_reload_moves_the_log_away_from_a_pipe_that_nobody_reads(stuck, tmp_path):
    server = stuck()
    path = tmp_path / "log"
    server.write_config(server.config_path.read_text() + f"log_file: {path}\n")
    server.signal(signal.SIGHUP)
    server.wait_for(lambda: path.exists() and "Reloaded server" in path.read_text(), "the file")


def test_what_was_queued_stands_before_the_report_of_a_crash(serve, pipe, pytestconfig):
    if pytestconfig.getoption("--timeout-scale") != 1.0:
        pytest.skip("sanitizers have reports of their own")
    server = serve("trace: true\n", wrapper=[*INTO_PIPE, pipe.path], wait=False)
    pipe.read("Server is ready")
    server.host = "127.0.0.1"
    server.port = int(re.search(r"client connections on \S+:(\d+)", pipe.text)[1])
    with server.connect() as client:
        client.send(b"PUB a 0\r\n\r\n" * LINES)
        client.ping()
        server.signal(signal.SIGSEGV)
        pipe.read(None)
    queued, report = pipe.text.split("fatal signal SIGSEGV")
    assert queued.count("[PUB a 0]") == LINES and "[PUB" not in report


def violations(server) -> list:
    return re.findall(r"\[ERR\] \S+ - cid:\d+ - (Publish Violation.*)", server.log())


def test_what_a_client_repeats_is_logged_some_times_and_then_counted(serve):
    server = serve()
    line = 'Publish Violation - Subject "$GR.x"'
    with server.connect() as client:
        for _ in range(10):
            client.send(REFUSED)
        assert client.ping() == ERROR * 10
        server.wait_for(lambda: violations(server) == [line] * 10, "ten lines")
        provoke(client, REFUSED, 5000)
    said = re.compile(r"Publish Violation: (\d+) more were left out")
    server.wait_for(lambda: sum(
        int(found[1]) if (found := said.fullmatch(text)) else 1
        for text in violations(server)) == 5010, "the number of the others")
    assert len(violations(server)) < 100

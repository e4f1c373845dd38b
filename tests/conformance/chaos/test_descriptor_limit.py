"""Accepting when the server may open no more files."""
import pathlib
import re
import resource
import socket

import pytest

from bystanders import ping
from harness.server import Server

SPARE = 20


@pytest.fixture
def cramped(monitored):
    """A server that may open only a few files more than it has."""
    server = monitored()
    # A sanitizer makes a pipe to look at an object of a type that it has not seen before, and takes
    # the object for a broken one if it cannot: let it see a task.
    server.json("/varz")
    held = len(list(pathlib.Path(f"/proc/{server.pid}/fd").iterdir()))
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (held + SPARE, held + SPARE))
    return server


def connect_many(server, count: int) -> list:
    """Connects without expecting to be greeted: the kernel takes what the server cannot."""
    return [socket.create_connection((server.host, server.port), timeout=server.timeout)
            for _ in range(count)]


def test_at_the_limit_of_files_clients_stay_and_new_ones_wait_their_turn(cramped, undisturbed):
    server = cramped
    with undisturbed(server) as pair:
        served = [server.connect() for _ in range(5)]
        crowd = connect_many(server, 2 * SPARE)
        server.wait_log("too many open files")
        # Who is there goes on, and may publish and subscribe.
        pair.wait_rounds(50)
        for client in served:
            client.send(b"SUB a 1\r\nUNSUB 1\r\n")
            assert ping(client) == b""

        # With room again, those who waited are served, and so are new ones.
        waiting = crowd[-1]
        for sock in crowd[:-1]:
            sock.close()
        assert waiting.recv(5) == b"INFO "
        with server.connect() as late:
            assert ping(late) == b""
        waiting.close()
        for client in served:
            client.close()


def test_the_pauses_between_attempts_double_up_to_a_second(cramped):
    server = cramped
    crowd = connect_many(server, 2 * SPARE)

    def pauses_ms() -> set:
        return {int(pause) for pause in re.findall(r"sleeping (\d+)ms", server.log())}

    expected = {10 * 2 ** step for step in range(7)} | {1000}
    server.wait_for(lambda: pauses_ms() >= expected, "ever longer pauses")
    assert pauses_ms() == expected
    for sock in crowd:
        sock.close()


def test_the_server_starts_and_serves_with_few_files(server_path, patience, tmp_path):
    few = "ulimit -n 64; exec \"$0\" -a 127.0.0.1 -p -1"
    server = Server(["sh", "-c", few, server_path], tmp_path, {}, patience)
    try:
        server.wait_ready()
        served = [server.connect() for _ in range(10)]
        crowd = connect_many(server, 100)
        server.wait_log("too many open files")
        for client in served:
            assert ping(client) == b""
        for sock in crowd:
            sock.close()
        with server.connect() as late:
            assert ping(late) == b""
        for client in served:
            client.close()
    finally:
        server.stop()
    assert server.process.returncode == 0

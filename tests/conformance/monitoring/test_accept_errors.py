"""The ports of a process that has no file descriptor left."""
import collections
import datetime
import re
import socket

import pytest

FAILURE = re.compile(r"\[ERR\] monitoring: Accept error: accept tcp 127\.0\.0\.1:\d+: accept4:"
                     r" too many open files; retrying in (\d+)(ms|s)\n")
TOLD = re.compile(r"\[\d+\] (\S+ \S+) \[ERR\] .*(?:too many open files|accepting)", re.IGNORECASE)
FILES = 48


def limited(start):
    return start("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n",
                 wrapper=["sh", "-c", f'ulimit -n {FILES}; exec "$@"', "sh"])


def connect(server, port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=server.timeout)


@pytest.fixture
def exhaust():
    """Connects until the process has no descriptor left."""
    clients = []

    def exhausted(server, port: int) -> list:
        clients.extend(connect(server, port) for _ in range(FILES))
        server.wait_log(TOLD)
        return clients

    yield exhausted
    for client in clients:
        client.close()


def pauses(log: str) -> list:
    """In milliseconds, as the lines tell them."""
    return [int(number) * (1000 if unit == "s" else 1) for number, unit in FAILURE.findall(log)]


def times(log: str) -> list:
    """When the lines were written."""
    return [datetime.datetime.strptime(when, "%Y/%m/%d %H:%M:%S.%f") for when in TOLD.findall(log)]


def test_it_waits_longer_each_time(start, exhaust):
    server = limited(start)
    exhaust(server, server.monitor_port)
    server.wait_for(lambda: 1000 in pauses(server.log()), "a pause of a second")
    told = pauses(server.log())
    assert told == sorted(told) and max(told) == 1000 and told[0] <= 10, told


def test_it_serves_again_once_there_is_a_descriptor(start, exhaust):
    server = limited(start)
    clients = exhaust(server, server.monitor_port)
    server.wait_log(FAILURE)
    for client in clients:
        client.close()
    assert server.json("/healthz") == {"status": "ok"}


@pytest.mark.gannet_only("tells each pause once a second")
@pytest.mark.parametrize("port", ["monitor_port", "port"])
def test_clients_that_come_and_go_at_the_limit_do_not_fill_the_log(start, exhaust, port):
    server = limited(start)
    clients = exhaust(server, getattr(server, port))

    def have_passed_two_seconds():
        clients.pop(0).close()
        clients.append(connect(server, getattr(server, port)))
        told = times(server.log())
        return (told[-1] - told[0]).total_seconds() >= 2

    server.wait_for(have_passed_two_seconds, "lines of two seconds")
    lines = collections.defaultdict(str)  # by text, which names the pause
    for line in server.log().splitlines(keepends=True):
        lines[line.partition("[ERR]")[2]] += line
    gaps = [(later - before).total_seconds() for told in map(times, lines.values())
            for before, later in zip(told, told[1:])]
    assert min(gaps) > 0.95, gaps

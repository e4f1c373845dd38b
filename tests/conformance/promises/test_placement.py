"""On which shard connections come to live: together while there is room, apart under load."""
import threading
import time

import pytest

from shard_threads import run_times_ns, shard_of
from traffic import flush

pytestmark = [pytest.mark.gannet_only("spreads clients over shards"), pytest.mark.alone]

CHURN = b"SUB load 1\r\nUNSUB 1\r\n" * 50_000  # dear for the server, cheap for the sender
MESSAGES = b"PUB nobody.listens 0\r\n\r\n" * 50_000  # also cheap


class Load:
    """Keeps the shard of one connection busy. Use as a context."""

    def __init__(self, server, what: bytes = CHURN):
        self._what = what
        self._client = server.connect()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._client.send(self._what)
            flush(self._client)

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_exc) -> None:
        self._stop.set()
        self._thread.join()
        self._client.close()


def test_clients_of_an_idle_server_live_together(serve):
    server = serve("shards: 2")
    clients = [server.connect() for _ in range(10)]
    homes = set()
    for client in clients:
        server.wait_for(lambda: is_idle(server), "the shards to be idle")
        homes.add(shard_of(server, client))
    assert len(homes) == 1
    for client in clients:
        client.close()


def is_idle(server) -> bool:
    before = run_times_ns(server)
    after = run_times_ns(server)
    return before == after


def test_a_new_client_avoids_a_busy_shard(serve):
    server = serve("shards: 2")
    deadline = time.monotonic() + server.timeout
    shares = []  # of a processor, that the busy shard got
    home = busy = None
    while home == busy and time.monotonic() < deadline:
        with Load(server):
            began, before = time.monotonic_ns(), run_times_ns(server)
            [busy] = server.wait_for(lambda: busy_shards(server, before),
                                     "a quarter of a second of work")
            shares.append(250_000_000 / (time.monotonic_ns() - began))
            client = server.connect()
        home = shard_of(server, client)
        client.close()
    if home == busy and max(shares) < 0.8:
        pytest.skip(f"the machine is too busy: no shard got more than {max(shares):.0%} of a core")
    assert home != busy, f"the shard had up to {max(shares):.0%} of a core"


def busy_shards(server, before: dict) -> list:
    """Those that have worked for a quarter of a second since."""
    return [shard for shard, time_ns in run_times_ns(server).items()
            if time_ns - before[shard] > 250_000_000]


def test_busy_clients_part(serve):
    server = serve("shards: 2")
    loads = [Load(server, MESSAGES), Load(server, MESSAGES)]
    shares = []  # of a core, that the shards got in each round in which one did all the work
    deadline = time.monotonic() + server.timeout
    with loads[0], loads[1]:
        while True:
            began, before = time.monotonic_ns(), run_times_ns(server)
            server.wait_for(lambda: busy_shards(server, before), "a quarter of a second of work")
            used = [after - before[shard] for shard, after in run_times_ns(server).items()]
            if min(used) > max(used) / 2:
                break
            shares.append(max(used) / (time.monotonic_ns() - began))
            if time.monotonic() > deadline and max(shares) < 0.8:
                pytest.skip(f"the machine is too busy: the shard had {max(shares):.0%} of a core")
            assert time.monotonic() < deadline, f"the shard had up to {max(shares):.0%} of a core"
    with server.connect() as client:
        flush(client)

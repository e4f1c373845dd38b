"""On which shard a connection lives, seen from outside: whose thread works when it sends."""
import pathlib
import re
import socket
import time

from harness.client import Client
from traffic import flush

BURST = b"PUB nobody.listens 0\r\n\r\n" * 20_000


def run_times_ns(server) -> dict:
    """Processor time of each shard's thread, by the shard's number."""
    times = {}
    for task in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
        name = re.fullmatch(r"shard-(\d+)\n", (task / "comm").read_text())
        if name:
            times[int(name[1])] = int((task / "schedstat").read_text().split()[0])
    return times


def shard_of(server, client: Client) -> int:
    """The shard that serves `client`. The server has nothing else to do meanwhile."""
    deadline = time.monotonic() + server.timeout
    while True:
        before = run_times_ns(server)
        client.send(BURST)
        flush(client)
        after = run_times_ns(server)
        used = sorted(((after[shard] - before[shard], shard) for shard in after), reverse=True)
        if len(used) == 1 or used[0][0] > 3 * used[1][0]:
            return used[0][1]
        assert time.monotonic() < deadline, f"no shard stands out: {used}"


class Spread:
    """Clients of a server with two shards, made on the shard that a test asks for.

    Where plain clients are welcome beside TLS, a connection begins on the shard that accepted it,
    which the kernel picks by its port: a few attempts find one on either shard. Under a load of
    some tenths of a second, and with a core idle, the server may move it."""

    def __init__(self, server):
        self.server = server
        self._spare = {0: [], 1: []}
        self._all = []

    def client(self, shard: int, **options) -> Client:
        """A client on `shard`; with `options` it says CONNECT once more."""
        deadline = time.monotonic() + self.server.timeout
        while not self._spare[shard]:
            assert time.monotonic() < deadline, f"no connection came to live on shard {shard}"
            made = self.server.connect()
            self._all.append(made)
            self._spare[shard_of(self.server, made)].append(made)
        client = self._spare[shard].pop()
        if options:
            client.connect(**options)
            flush(client)
        return client

    def stuck_subscriber(self, shard: int, subject: bytes, **options) -> Client:
        """A subscriber that does not read, and lets the kernel keep little for it."""
        client = self.client(shard, **options)
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.send(b"SUB %s 1\r\n" % subject)
        flush(client)
        return client

    def requester(self, shard: int) -> Client:
        """A client that wants to hear that nobody answers."""
        return self.client(shard, headers=True, no_responders=True)

    def close(self) -> None:
        for client in self._all:
            client.close()

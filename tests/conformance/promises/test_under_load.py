"""Reloads, a shutdown and a receiver that stands still, while messages flow."""
import concurrent.futures
import re
import signal
import threading
import time

import pytest

from traffic import Inbox, flush, pub, stuck_subscriber, subscriber

pytestmark = pytest.mark.gannet_only("promises more under load")

MIB = 1 << 20
SLACK = 8 * MIB  # pools of the server that have grown to their working size


class NumberedStream:
    """A publisher that sends numbered messages in confirmed batches until it is stopped."""

    BATCH = 100

    def __init__(self, server, subject: bytes):
        self.confirmed = 0
        self.failure = None
        self._client = server.connect()
        self._subject = subject
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                numbers = range(self.confirmed, self.confirmed + self.BATCH)
                self._client.send(b"".join(pub(self._subject, b"%d" % n) for n in numbers))
                flush(self._client)
                self.confirmed += self.BATCH
        except (AssertionError, OSError) as failure:
            self.failure = failure

    def finish(self) -> int:
        """Stops; returns how many messages were sent, all of them confirmed."""
        self._stop.set()
        self._thread.join()
        self._client.close()
        assert self.failure is None, self.failure
        return self.confirmed


class CountingReader:
    """Reads numbered messages in a thread, and keeps the first that was not the next."""

    def __init__(self, inbox: Inbox):
        self.count = 0
        self.failure = None
        self._inbox = inbox
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            while (payload := self._inbox.read(1)[0].payload) != b"end":
                assert int(payload) == self.count, f"{payload} in place of {self.count}"
                self.count += 1
        except (AssertionError, OSError) as failure:
            self.failure = failure

    def finish(self) -> int:
        self._thread.join()
        self._inbox.client.close()
        assert self.failure is None, f"after {self.count}: {self.failure!r}"
        return self.count


def test_twenty_reloads_under_traffic_lose_nothing(serve):
    server = serve("shards: 2\ndebug: false")
    config = server.config_path.read_text()
    subjects = [b"feed.%d" % number for number in range(3)]
    readers = [CountingReader(subscriber(server, subject)) for subject in subjects]
    streams = [NumberedStream(server, subject) for subject in subjects]
    for turn in range(20):
        before = [stream.confirmed for stream in streams]
        server.reload(config.replace("debug: false", f"debug: {str(turn % 2 == 0).lower()}\n"
                                     f"max_payload: {MIB - turn}\nping_interval: {60 + turn}s"))
        server.wait_for(lambda: all(stream.failure or stream.confirmed > done + 200
                                    for stream, done in zip(streams, before)), "traffic")
    assert server.log().count("Reloaded server configuration") == 20
    sent = [stream.finish() for stream in streams]
    with server.connect() as last:
        for subject in subjects:
            last.send(pub(subject, b"end"))
        flush(last)
        server.wait_for(lambda: not any(one._thread.is_alive() for one in readers), "the end")
    assert [reader.finish() for reader in readers] == sent
    assert server.json("/varz")["slow_consumers"] == 0


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("size", [100, 20_000])
def test_a_backlog_at_sigterm_is_delivered_to_who_reads_it(serve, shards, size):
    """Everything that a publisher had confirmed reaches a receiver that begins to read late."""
    server = serve(f"shards: {shards}")
    count = 16 * MIB // size // 4
    receivers = [stuck_subscriber(server, b"load") for _ in range(3)]
    with server.connect() as publisher:
        for number in range(count):
            publisher.send(pub(b"load", (b"%d" % number).ljust(size, b" ")))
        flush(publisher)
        server.signal(signal.SIGTERM)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            got = list(pool.map(lambda one: Inbox(one).to_close(), receivers))
    for mine in got:
        assert [int(one.payload) for one in mine] == list(range(count))
    assert server.wait_exit() == 0


def confirmed_until_closed(client, subject: bytes) -> int:
    """Publishes and waits for a PONG, again and again; returns how many were confirmed."""
    confirmed = 0
    try:
        while True:
            client.send(pub(subject, b"%d" % confirmed))
            flush(client)
            confirmed += 1
    except OSError:
        return confirmed
    except AssertionError as failure:
        assert "closed" in str(failure), failure
        return confirmed


@pytest.mark.parametrize("shards, attempt", [(1, 1), (4, 1), (4, 2), (4, 3)])
def test_whatever_was_confirmed_until_the_end_arrives(serve, certificates, shards, attempt):
    """Also after SIGTERM, and where publisher and receiver live apart: clients beside TLS are
    spread by port."""
    server = serve(f"""shards: {shards}
        allow_non_tls: true
        tls {{ cert_file: {certificates}/server.pem, key_file: {certificates}/server.key }}""")
    publishers = [server.connect() for _ in range(4)]
    inboxes = [subscriber(server, b"last.%d" % (n // 2)) for n in range(8)]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        publishing = [pool.submit(confirmed_until_closed, client, b"last.%d" % n)
                      for n, client in enumerate(publishers)]
        reading = [pool.submit(inbox.to_close) for inbox in inboxes]
        server.wait_for(lambda: server.json("/varz")["in_msgs"] > 200, "traffic")
        server.signal(signal.SIGTERM)
    confirmed = [one.result() for one in publishing]
    got = [one.result() for one in reading]
    for n, mine in enumerate(got):
        assert [int(one.payload) for one in mine] == list(range(len(mine)))
        assert len(mine) >= confirmed[n // 2], f"last.{n // 2}: a confirmed message is lost"
    for client in publishers + [inbox.client for inbox in inboxes]:
        client.close()


@pytest.mark.exact_memory
@pytest.mark.parametrize("size, beside", [(100, 0), (2100, 0), (4096, 0), (64 << 10, 0),
                                          (2100, 100_000)])
def test_a_receiver_that_stands_still_costs_no_more_than_max_pending(serve, size, beside):
    """`beside`: bytes that nobody listens to, sent in one piece with each message."""
    max_pending = 8 * MIB if beside == 0 else 2 * MIB
    server = serve(f"shards: 1\nmax_pending: {max_pending}\nwrite_deadline: 60s")
    with server.connect() as publisher:
        stuck = stuck_subscriber(server, b"feed")
        other = subscriber(server, b"feed")
        before = server.status("VmRSS")
        batch = max(1, 4096 // size)
        data = pub(b"feed", b"x" * size) * batch + pub(b"nobody", b"x" * 1000) * (beside // 1000)
        for _ in range(10 * max_pending // size // batch):
            publisher.send(data)
            assert len(other.read(batch)) == batch
            if slow_consumers(server):
                break
        grown = server.status("VmHWM") - before
        assert f"MaxPending of {max_pending} Exceeded" in server.log()
        assert grown <= max_pending + SLACK, f"grown by {grown / MIB:.1f} MiB"
        stuck.close()
        other.client.close()


@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize("home", [0, 1], ids=["together", "apart"])
def test_receivers_that_stand_still_slow_a_publisher_by_the_stall_alone(spread, home, count):
    """From three quarters of max_pending on, a read batch waits 10 ms at most."""
    clients = spread(f"max_pending: {4 * MIB}\nwrite_deadline: 60s")
    server = clients.server
    publisher = clients.client(0)
    others = [Inbox(clients.client(shard)) for shard in (0, 1)]
    for other in others:
        other.client.send(b"SUB feed 1\r\n")
        assert other.ping() == []
    for _ in range(count):
        clients.stuck_subscriber(home, b"feed")
    message = pub(b"feed", b"x" * 4000)
    free_ms, stalled_ms = [], []
    while slow_consumers(server) < count:
        rounds_ms = stalled_ms if stalls_of(server) else free_ms
        began = time.monotonic()
        publisher.send(message)
        flush(publisher)
        rounds_ms.append((time.monotonic() - began) * 1000)
        for other in others:
            assert len(other.read(1)) == 1
        assert len(free_ms) + len(stalled_ms) < 10_000, "never cut"
    assert len(stalled_ms) >= 20, "the stall was never seen"
    # One stall is 10 ms, on a busy machine too; those of five receivers would add up to 50.
    for rounds_ms in (free_ms, stalled_ms):
        median = sorted(rounds_ms)[len(rounds_ms) // 2]
        assert median <= 15, f"median of {len(rounds_ms)} rounds: {median:.1f} ms"


@pytest.mark.quiet
@pytest.mark.parametrize("home", [0, 1], ids=["together", "apart"])
def test_the_stall_lets_a_receiver_keep_up_that_reads_at_a_fair_pace(spread, home):
    """About 25 MB/s: more than a stalled publisher sends, less than one that is not."""
    clients = spread(f"max_pending: {8 * MIB}")
    receiver, publisher = clients.client(home), clients.client(0)
    receiver.send(b"SUB feed 1\r\n")
    flush(receiver)
    message = pub(b"feed", b"x" * 1500)
    count = 48 * MIB // len(message)
    publisher.sock.settimeout(60)
    sending = threading.Thread(target=publisher.send, args=[message * count])
    sending.start()
    pace = threading.Event()
    got = 0
    while got < count * 1500 and (data := receiver.sock.recv(64 << 10)):
        got += len(data)
        pace.wait(0.002)
    sending.join()
    assert slow_consumers(clients.server) == 0, f"cut after {got / MIB:.0f} MiB"


def slow_consumers(server) -> int:
    return server.log().count("Slow Consumer Detected")


def stalls_of(server) -> int:
    return sum(one.get("stalls", 0) for one in server.json("/connz")["connections"])


@pytest.mark.parametrize("config", [
    f"max_pending: {MIB}", 'write_deadline: "1s"',
    f"max_pending: {500 * MIB}\nmax_memory: {32 * MIB}",
], ids=["pending bytes", "write deadline", "memory budget"])
def test_the_log_names_what_filled_the_queue_of_a_receiver_that_is_cut(serve, config):
    server = serve(config)
    with stuck_subscriber(server, b"orders.>"), server.connect() as publisher:
        message = pub(b"orders.eu", b"x" * 60_000)
        for _ in range(40 * MIB // len(message)):
            publisher.send(message)
            flush(publisher)
            if "bytes queued" in server.log():
                break
        server.wait_log(re.compile(
            r'Slow Consumer had \d{5,} bytes queued, filled by subject "orders\.eu"\n'))
        closed = server.wait_for(
            lambda: server.json("/connz?state=closed")["connections"], "the cut")
    assert closed[0]["pending_bytes"] >= 60_000

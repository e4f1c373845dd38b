"""max_memory: what clients do together never takes more than the server was given."""
import contextlib
import selectors
import ssl
import threading
import time

import pytest

from traffic import Inbox, Pair, flush, pub, stuck_subscriber

pytestmark = [pytest.mark.gannet_only("has a memory budget"), pytest.mark.exact_memory]

KIB, MIB = 1 << 10, 1 << 20
BUDGET = 64 * MIB
# Beside the budget: what a server has at rest, and what is on its way or kept for later.
SLACK = 32 * MIB
ANNOUNCED = b"PUB big 1048576\r\n"


@contextlib.contextmanager
def within_budget(server):
    """The most memory that the server ever had stays within the budget; it lives, and a pair of
    clients that does no harm exchanges messages all the while."""
    with Pair(server) as pair:
        yield
        before = pair.rounds
        server.wait_for(lambda: pair.failure or pair.rounds > before + 20, "the pair to go on")
    assert server.process.poll() is None, server.log()[-2000:]
    most = server.status("VmHWM")
    assert most <= BUDGET + SLACK, f"{most / MIB:.0f} MiB with a budget of {BUDGET / MIB:.0f}"


def budgeted(serve, shards: int, more=""):
    return serve(f"shards: {shards}\nmax_memory: {BUDGET}\nwrite_deadline: 60s\n{more}")


def flood(server, subjects: list, payload: bytes, count: int) -> None:
    """Publishes `count` messages to each subject, from one publisher for each of two halves."""
    failures = []

    def publish(mine: list) -> None:
        try:
            with server.connect(name="publisher") as publisher:
                publisher.sock.settimeout(3 * server.timeout)
                for _ in range(count):
                    for subject in mine:
                        publisher.send(pub(subject, payload))
                flush(publisher)
        except (AssertionError, OSError) as failure:
            failures.append(failure)

    threads = [threading.Thread(target=publish, args=[half])
               for half in (subjects[::2], subjects[1::2]) if half]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures


def open_names(server) -> list:
    return [one.get("name", "") for one in server.json("/connz?limit=10000")["connections"]]


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("size", [KIB, 64 * KIB, MIB - KIB], ids=["1K", "64K", "1M"])
def test_the_backlog_of_a_few_greedy_receivers_stays_within(serve, shards, size):
    server = budgeted(serve, shards)
    subjects = [b"greedy.%d" % number for number in range(6)]
    with within_budget(server):
        stuck = [stuck_subscriber(server, subject, "greedy") for subject in subjects]
        flood(server, subjects, b"x" * size, 32 * MIB // size)
    for client in stuck:
        client.close()


@pytest.mark.parametrize("size", [KIB, 64 * KIB], ids=["1K", "64K"])
def test_the_backlog_of_tls_receivers_stays_within(serve, certificates, size):
    server = budgeted(serve, 1, f"""allow_non_tls: true
        tls {{ cert_file: {certificates}/server.pem, key_file: {certificates}/server.key }}""")
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    stuck = []
    subjects = [b"greedy.%d" % number for number in range(6)]
    with within_budget(server):
        for subject in subjects:
            client = server.raw()
            client.read_info()
            client.start_tls(context)
            client.connect()
            client.send(b"SUB %s 1\r\n" % subject)
            flush(client)
            stuck.append(client)
        flood(server, subjects, b"x" * size, 20 * MIB // size)
    for client in stuck:
        client.close()


def test_a_backlog_that_many_share_is_held_and_counted_once(serve):
    """Together they have 160 MiB pending, which take 8 MiB: nobody needs to be cut."""
    server = budgeted(serve, 1)
    with within_budget(server):
        stuck = [stuck_subscriber(server, b"shared") for _ in range(20)]
        flood(server, [b"shared"], b"x" * 64 * KIB, 8 * MIB // (64 * KIB))
        assert open_names(server).count("stuck") == 20
    for client in stuck:
        client.close()


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("size", [KIB, 64 * KIB], ids=["1K", "64K"])
def test_many_receivers_below_their_own_limit_stay_within_together(serve, shards, size):
    server = budgeted(serve, shards, f"max_pending: {8 * MIB}")
    subjects = [b"many.%d" % number for number in range(60)]
    with within_budget(server):
        stuck = [stuck_subscriber(server, subject, "many") for subject in subjects]
        flood(server, subjects, b"x" * size, 4 * MIB // size)
    for client in stuck:
        client.close()


@pytest.mark.parametrize("size", [KIB, 64 * KIB], ids=["1K", "64K"])
def test_the_greediest_receivers_are_cut_first(serve, size):
    server = budgeted(serve, 1)
    modest = [stuck_subscriber(server, b"modest.%d" % n, "modest") for n in range(4)]
    greedy = [stuck_subscriber(server, b"greedy.%d" % n, "greedy") for n in range(4)]
    with within_budget(server):
        flood(server, [b"modest.%d" % n for n in range(4)], b"m" * size, 6 * MIB // size)
        assert open_names(server).count("modest") == 4, "cut within the budget"
        flood(server, [b"greedy.%d" % n for n in range(4)], b"g" * size, 40 * MIB // size)
        names = open_names(server)
        assert names.count("modest") == 4, "cut before those that held more"
        assert names.count("greedy") < 4
    for number, client in enumerate(modest):
        got = Inbox(client).read(6 * MIB // size)
        assert {one.subject for one in got} == {b"modest.%d" % number}
    for client in modest + greedy:
        client.close()


@pytest.mark.parametrize("home", [0, 1])
def test_the_greediest_receivers_are_cut_first_wherever_they_live(spread, home):
    """The drop that makes the budget spill falls on a shard on which no one holds much."""
    clients = spread(f"max_memory: {BUDGET}\nwrite_deadline: 60s")
    server = clients.server
    modest = [clients.stuck_subscriber(home, b"modest.%d" % n, name="modest") for n in range(4)]
    greedy = [clients.stuck_subscriber(1 - home, b"greedy.%d" % n, name="greedy")
              for n in range(2)]
    here, there = clients.client(home), clients.client(1 - home)
    with within_budget(server):
        for n in range(2):
            there.send(pub(b"greedy.%d" % n, b"g" * KIB) * (24 * KIB))
        flush(there)
        assert open_names(server).count("greedy") == 2, "cut within the budget"
        names = open_names(server)
        for _ in range(128):
            if names.count("modest") + names.count("greedy") < 6:
                break
            for n in range(4):
                here.send(pub(b"modest.%d" % n, b"m" * KIB) * 64)
            flush(here)
            names = open_names(server)
    assert names.count("modest") == 4, "cut in place of those that held more"
    assert names.count("greedy") < 2, "nobody was cut"


def test_mail_for_a_busy_shard_stays_within(spread):
    """A publisher on one shard, a receiver that reads on the other, which has much else to do."""
    clients = spread(f"max_memory: {BUDGET}\nwrite_deadline: 60s")
    server = clients.server
    inbox = Inbox(clients.client(1))
    inbox.client.send(b"SUB far 1\r\n")
    assert inbox.ping() == []
    publisher, busy = clients.client(0), clients.client(1)
    count, size = 100_000, 1500
    failures = []

    def send(client, data: bytes) -> None:
        try:
            client.sock.settimeout(3 * server.timeout)
            client.send(data)
        except OSError as failure:
            failures.append(failure)

    churn = b"SUB load 1\r\nUNSUB 1\r\n" * 1_000_000
    threads = [threading.Thread(target=send, args=[busy, churn]),
               threading.Thread(target=send, args=[publisher, pub(b"far", b"x" * size) * count])]
    with within_budget(server):
        for thread in threads:
            thread.start()
        with contextlib.suppress(ConnectionError):  # too slow after all: that is another matter
            inbox.read(count)
        for thread in threads:
            thread.join()
    assert not failures


def test_readers_are_not_cut_within_the_budget(serve):
    """A backlog that fits is kept, and delivered when the receiver reads again."""
    server = budgeted(serve, 1)
    with within_budget(server):
        stuck = stuck_subscriber(server, b"patient")
        count = 40 * MIB // (64 * KIB)
        flood(server, [b"patient"], b"x" * 64 * KIB, count)
        assert len(Inbox(stuck).read(count)) == count
        stuck.close()


def test_cutting_gives_room_to_those_that_come_later(serve):
    server = budgeted(serve, 1)
    with within_budget(server):
        for turn in range(3):
            subjects = [b"turn.%d.%d" % (turn, number) for number in range(3)]
            stuck = [stuck_subscriber(server, subject, "greedy") for subject in subjects]
            flood(server, subjects, b"x" * 1024, 30 * MIB // KIB)
            assert open_names(server).count("greedy") < 3
            for client in stuck:
                client.close()
            server.wait_for(lambda: "greedy" not in open_names(server), "the rest to be gone")


class PartialInput:
    """Clients that announce a large message each and send a part of it."""

    def __init__(self, server, count: int, part: int):
        self.server = server
        self.clients = [server.connect(name="partial") for _ in range(count)]
        data = ANNOUNCED + b"x" * part
        self._left = {client: memoryview(data) for client in self.clients}

    def send(self) -> None:
        """Sends until all was taken, the server closed, or it takes no more for a while."""
        quiet_s = 1.0
        deadline = time.monotonic() + 2 * self.server.timeout
        with selectors.DefaultSelector() as selector:
            for client in self.clients:
                client.sock.setblocking(False)
                selector.register(client.sock, selectors.EVENT_WRITE, client)
            while selector.get_map() and time.monotonic() < deadline:
                ready = selector.select(quiet_s)
                if not ready:
                    return
                for key, _ in ready:
                    if self._send_some(key.data):
                        selector.unregister(key.fileobj)

    def _send_some(self, client) -> bool:
        """True if there is nothing left to send to it."""
        try:
            sent = client.sock.send(self._left[client][:256 * KIB])
        except BlockingIOError:
            return False
        except ConnectionError:
            return True
        self._left[client] = self._left[client][sent:]
        return not self._left[client]

    def close(self) -> None:
        for client in self.clients:
            client.close()


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("count, part", [(1500, 0), (1500, 60 * KIB), (150, 900 * KIB)],
                         ids=["announced", "60K-of-1M", "900K-of-1M"])
def test_messages_that_never_end_stay_within(serve, descriptors, shards, count, part):
    count = descriptors(count)
    server = budgeted(serve, shards)
    with within_budget(server):
        partial = PartialInput(server, count, part)
        partial.send()
    partial.close()


def test_no_more_are_cut_than_need_be(serve):
    """Nine tenths of the budget hold 57 messages of 1 MiB that lack their end."""
    server = budgeted(serve, 1)
    clients = [server.connect(name="partial") for _ in range(70)]
    with within_budget(server):
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.send(ANNOUNCED + b"x" * (MIB - 1))
        server.wait_for(lambda: open_names(server).count("partial") <= 58, "somebody to be cut")
        kept = open_names(server).count("partial")
        assert kept >= 55, f"only {kept} kept"
    for client in clients:
        client.close()


@pytest.mark.parametrize("home", [0, 1])
def test_what_large_messages_took_goes_back(spread, home):
    clients = spread()
    server = clients.server
    inbox = Inbox(clients.client(home))
    inbox.client.send(b"SUB big 1\r\n")
    assert inbox.ping() == []
    for publisher in clients.client(0), clients.client(1):
        before = server.status("VmRSS")
        for _ in range(10):
            publisher.send(pub(b"big", b"x" * (MIB - KIB)) * 4)
            assert len(inbox.read(4)) == 4
        server.wait_for(lambda: server.status("VmRSS") <= before + 2 * MIB, "memory to come back")


def test_one_message_at_the_limit_is_still_served(serve):
    """Partial input is bounded for all together; a single large message is no harm."""
    server = budgeted(serve, 1)
    with within_budget(server), server.connect() as client:
        inbox = Inbox(client)
        client.send(b"SUB big 1\r\n")
        for _ in range(100):
            client.send(ANNOUNCED + b"x" * MIB + b"\r\n")
            assert len(inbox.read(1)[0].payload) == MIB


def test_long_control_lines_that_never_end_stay_within(serve, descriptors):
    count = descriptors(1500)
    server = budgeted(serve, 1, "max_control_line: 128KB")
    with within_budget(server):
        clients = [server.connect() for _ in range(count)]
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.send(b"SUB " + b"a" * 100 * KIB)
    for client in clients:
        client.close()

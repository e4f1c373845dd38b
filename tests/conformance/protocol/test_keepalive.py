"""PING and PONG of the server: when they come, and what makes a connection stale.

Spec: client-protocol §11; checklist 63-66. Bounds are wide where time itself is the subject.
"""
import select
import time

import pytest

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
STALE = b"-ERR 'Stale Connection'\r\n"
INTERVAL = 0.2
SHORT = LISTEN + 'ping_interval: "200ms"\n'


class Watch:
    """Counts the server's PINGs on a connection, and says something every now and then."""

    def __init__(self, client, says: bytes = b"", every: float = INTERVAL / 10):
        self.client = client
        self.says = says
        self.every = every
        self.got = b""

    def for_seconds(self, seconds: float) -> "Watch":
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.client.send(self.says)
            readable, _, _ = select.select([self.client.sock], [], [], self.every)
            if readable:
                more = self.client.sock.recv(65536)
                self.got += more
                if not more:
                    break
        return self

    @property
    def pings(self) -> int:
        return self.got.count(b"PING\r\n")


def quiet(server):
    """A client that says no more after its first PING."""
    client = server.raw()
    client.read_info()
    client.send(b'CONNECT {"verbose":false}\r\nPING\r\n')
    client.expect(b"PONG\r\n")
    return client


def speechless(server):
    """A client that never sends a PING."""
    client = server.raw()
    client.read_info()
    client.send(b'CONNECT {"verbose":false}\r\n')
    return client


def test_the_first_ping_comes_two_seconds_after_connect(server):
    with quiet(server) as client:
        since = time.monotonic()
        client.expect(b"PING\r\n")
        assert 1.9 <= time.monotonic() - since < 4


def test_so_it_does_without_a_ping_of_the_client(server):
    with speechless(server) as client:
        since = time.monotonic()
        client.expect(b"PING\r\n")
        assert 1.9 <= time.monotonic() - since < 4


def test_a_short_interval_makes_the_first_ping_earlier(start):
    with quiet(start(SHORT)) as client:
        since = time.monotonic()
        client.expect(b"PING\r\n")
        assert 0.9 * INTERVAL <= time.monotonic() - since < 1.5


def test_a_client_that_never_connected_is_asked_after_the_interval(start):
    with start(SHORT).raw() as client:
        client.read_info()
        client.expect(b"PING\r\n")


def test_who_does_not_answer_is_stale(start, close_reason):
    server = start(LISTEN + 'ping_interval: "50ms"\nping_max: 2\n')
    with quiet(server) as client:
        cid = client.info["client_id"]
        assert client.read_to_close() == b"PING\r\n" * 2 + STALE
    assert close_reason(server, cid) == "Stale Connection"


@pytest.mark.parametrize("pings", [1, 3, 5])
def test_ping_max_is_the_number_of_pings_left_unanswered(start, pings):
    server = start(LISTEN + f'ping_interval: "30ms"\nping_max: {pings}\n')
    with quiet(server) as client:
        assert client.read_to_close() == b"PING\r\n" * pings + STALE


def test_who_never_connected_can_be_stale_too(start):
    with start(LISTEN + 'ping_interval: "50ms"\nping_max: 2\n').raw() as client:
        client.read_info()
        assert client.read_to_close() == b"PING\r\n" * 2 + STALE


def test_a_client_that_never_pings_can_be_stale_too(start):
    with speechless(start(LISTEN + 'ping_interval: "50ms"\nping_max: 2\n')) as client:
        assert client.read_to_close() == b"PING\r\n" * 2 + STALE


def test_an_answer_keeps_the_connection(start):
    server = start(LISTEN + 'ping_interval: "50ms"\nping_max: 1\n')
    with quiet(server) as client:
        for _ in range(8):
            client.expect(b"PING\r\n")
            client.send(b"PONG\r\n")
        assert client.is_open()


def test_an_answer_to_the_last_ping_is_enough(start):
    server = start(LISTEN + 'ping_interval: "100ms"\nping_max: 3\n')
    with quiet(server) as client:
        for _ in range(2):
            client.expect(b"PING\r\n" * 3)
            client.send(b"PONG\r\n")
        assert client.read_to_close() == b"PING\r\n" * 3 + STALE


def test_pongs_nobody_asked_for_do_not_stop_the_pings(start):
    server = start(SHORT + "ping_max: 2\n")
    with quiet(server) as client:
        watch = Watch(client, b"PONG\r\n").for_seconds(8 * INTERVAL)
        assert watch.pings >= 4, watch.got
        assert STALE not in watch.got and client.is_open()


def test_a_ping_of_the_client_spares_the_servers(start):
    with quiet(start(SHORT)) as client:
        client.expect(b"PING\r\n")
        client.send(b"PONG\r\n")  # now the round trip is known
        watch = Watch(client, b"PING\r\n").for_seconds(6 * INTERVAL)
        assert watch.pings <= 1, watch.pings  # one, if this program was held up
        client.buffer = b""
        client.expect(b"PING\r\n")  # it comes when the client falls silent


@pytest.mark.parametrize("says", [b"SUB a 1\r\n", b"UNSUB 1\r\n", b"PUB a 0\r\n\r\n"])
def test_so_does_any_other_activity(start, says):
    with quiet(start(SHORT)) as client:
        client.expect(b"PING\r\n")
        client.send(b"PONG\r\n")
        watch = Watch(client, says).for_seconds(6 * INTERVAL)
        assert watch.pings <= 1, watch.pings


def test_messages_to_a_client_are_not_its_activity(start):
    server = start(SHORT + "ping_max: 50\n")
    with quiet(server) as client, server.connect() as sender:
        client.send(b"SUB a 1\r\n")
        client.expect(b"PING\r\n")
        client.send(b"PONG\r\n")
        client.ping()
        Watch(sender, b"PUB a 0\r\n\r\n").for_seconds(6 * INTERVAL)
        assert client.ping().count(b"PING\r\n") >= 2


def test_the_first_ping_comes_whatever_the_client_does(start):
    with quiet(start(SHORT + "ping_max: 10\n")) as client:
        watch = Watch(client, b"UNSUB 1\r\n").for_seconds(1.5 * INTERVAL + 0.5)
        assert watch.pings >= 1


def test_the_round_trip_shows_in_monitoring(start, connection):
    server = start(LISTEN + 'ping_interval: "100ms"\n')
    with quiet(server) as client:
        client.expect(b"PING\r\n")
        client.send(b"PONG\r\n")
        shown = server.wait_for(lambda: connection(server, client.info["client_id"]), "it")
    assert shown["rtt"].endswith("s")


def test_monitoring_asks_for_no_ping_where_connect_told_the_round_trip(server, connection):
    with server.connect() as client:
        assert connection(server, client.info["client_id"])["rtt"]
        client.expect_nothing()


def test_a_stale_connection_is_logged(start):
    server = start(LISTEN + 'ping_interval: "50ms"\nping_max: 1\n', args=["-D"])
    with quiet(server) as client:
        cid = client.info["client_id"]
        client.read_to_close()
    server.wait_log(f" - cid:{cid} - Stale Client Connection - Closing\n")
    server.wait_log(f" - cid:{cid} - Client connection closed: Stale Connection\n")
    assert server.json("/varz")["stale_connections"] == 1


def test_the_longest_interval_there_is_means_never(start):
    server = start(LISTEN + 'ping_interval: "2562047h"\n')
    with server.connect() as client:
        watch = Watch(client).for_seconds(5 * INTERVAL)
        assert watch.got == b""
        client.expect_nothing()


# ---- the first answer

FAULT = "nats-server pings whenever its interval is over"
IMPATIENT = LISTEN + 'ping_interval: "20ms"\nping_max: 1000\n'
# bcrypt of "b" that takes a quarter of a second or more.
COSTLY_B = '"$2a$12$abcdefghijklmnopqrstuu5RrpPwNY2bd7qvyCQhryen0fEUAZRDi"'
LOGIN = b'CONNECT {"verbose":false,"user":"a","pass":"b"}\r\n'


def says_nothing(server, client, seconds: float) -> None:
    """Nothing comes for so long, though monitoring asks for round trips meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        server.json("/connz")
        readable, _, _ = select.select([client.sock], [], [], INTERVAL / 10)
        assert not readable, client.sock.recv(65536)


@pytest.mark.gannet_only(FAULT)
def test_the_first_answer_is_the_pong_however_late_connect_comes(start):
    server = start(IMPATIENT)
    with server.raw() as client:
        client.read_info()
        says_nothing(server, client, 0.5)
        client.send(LOGIN)
        says_nothing(server, client, 0.5)
        client.send(b"PING\r\n")
        client.expect(b"PONG\r\n")
        client.expect(b"PING\r\n")


@pytest.mark.gannet_only(FAULT)
def test_so_it_is_while_a_password_is_being_checked(start):
    server = start(IMPATIENT + f"authorization {{ user: a, pass: {COSTLY_B}, timeout: 20 }}")
    crowd = [server.raw() for _ in range(8)]  # the last one waits for seconds
    for client in crowd:
        client.read_info()
        client.send(LOGIN + b"PING\r\n")
    for client in crowd:
        with client:
            client.expect(b"PONG\r\n")


@pytest.mark.gannet_only(FAULT)
def test_so_it_is_where_ping_comes_behind_the_check(start):
    server = start(IMPATIENT + f"authorization {{ user: a, pass: {COSTLY_B}, timeout: 20 }}")
    with server.raw() as client:
        client.read_info()
        client.send(LOGIN.replace(b"false", b"true"))
        client.expect(b"+OK\r\n")
        says_nothing(server, client, 0.5)
        client.send(b"PING\r\n")
        client.expect(b"PONG\r\n")

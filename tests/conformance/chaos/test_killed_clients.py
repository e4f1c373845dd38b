"""Clients that die in the middle of what they were saying."""
import socket
import ssl
import threading

import pytest

from bystanders import next_message, ping

WORDS = (b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
         b"SUB cut.own 1\r\nSUB cut.* queue 2\r\n"
         b"PUB cut.whole 5\r\nhello\r\n"
         b"HPUB cut.headers reply 18 20\r\nNATS/1.0\r\nA: b\r\n\r\nhi\r\n"
         b"UNSUB 2 5\r\nUNSUB 1\r\nPING\r\n")
WHOLE_AT = WORDS.index(b"hello\r\n") + len(b"hello\r\n")

ENDINGS = {"fin": lambda client: client.close(), "rst": lambda client: client.reset()}


class Leftovers:
    """What a server holds now, to compare with later."""

    def __init__(self, server):
        self.server = server
        self.before = server.json("/varz")

    def wait_gone(self, came: int) -> None:
        """Waits until the server has seen the `came` new connections, and nothing of them is left:
        neither the connections nor their interest."""

        def gone():
            now = self.server.json("/varz")
            return (now["total_connections"] == self.before["total_connections"] + came
                    and all(now[what] == self.before[what]
                            for what in ("connections", "subscriptions")))

        self.server.wait_for(gone, "the dead to go")


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_client_may_die_after_any_byte(monitored, undisturbed, ending):
    server = monitored()
    with undisturbed(server), server.connect() as witness:
        witness.send(b"SUB cut.whole 7\r\n")
        witness.ping()
        leftovers = Leftovers(server)
        for size in range(len(WORDS) + 1):
            client = server.raw()
            client.send(WORDS[:size])
            ending(client)
        leftovers.wait_gone(len(WORDS) + 1)
        got = witness.ping().count(b"MSG cut.whole 7 5\r\nhello\r\n")
        # What was said before an orderly end counts; a reset may overtake it.
        said = len(WORDS) + 1 - WHOLE_AT
        assert got == said if ending is ENDINGS["fin"] else got <= said


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_many_may_die_in_the_middle_of_a_large_payload(monitored, undisturbed, ending):
    server = monitored()
    with undisturbed(server) as pair:
        leftovers = Leftovers(server)
        clients = [server.connect() for _ in range(50)]
        for client in clients:
            client.send(b"PUB big 1000000\r\n" + b"x" * 500_000)
        pair.wait_rounds(50)
        for client in clients:
            ending(client)
        leftovers.wait_gone(50)


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_receiver_that_dies_takes_nothing_from_the_others(monitored, undisturbed, ending):
    server = monitored()
    count, body = 2000, b"x" * 10_000
    message = b"MSG feed 1 10000\r\n" + body + b"\r\n"
    with undisturbed(server), server.connect() as publisher, server.connect() as witness:
        witness.send(b"SUB feed 1\r\n")
        witness.ping()
        leftovers = Leftovers(server)
        doomed = [server.connect() for _ in range(20)]
        for client in doomed:
            client.send(b"SUB feed 1\r\n")
            client.ping()
        seen = []
        reader = threading.Thread(
            target=lambda: seen.extend(next_message(witness) for _ in range(count)))
        reader.start()
        for number in range(count):
            publisher.send(b"PUB feed 10000\r\n" + body + b"\r\n")
            if number % 50 == 25 and doomed:
                ending(doomed.pop())
        reader.join()
        assert seen == [message] * count
        for client in doomed:
            client.close()
        leftovers.wait_gone(20)


def test_a_subscriber_that_dies_leaves_no_interest(monitored, undisturbed):
    server = monitored()
    with undisturbed(server), server.connect(headers=True, no_responders=True) as asker:
        asker.send(b"SUB answers 1\r\n")
        asker.ping()
        leftovers = Leftovers(server)
        client = server.connect()
        client.send(b"".join(b"SUB gone.%d %d\r\n" % (n, n) for n in range(5000)))
        client.ping()
        assert server.json("/varz")["subscriptions"] >= 5000
        client.reset()
        leftovers.wait_gone(1)
        asker.send(b"PUB gone.4999 answers 0\r\n\r\n")
        asker.expect(b"HMSG answers 1 41 41\r\nNATS/1.0 503\r\nNats-Subject: gone.4999\r\n\r\n\r\n")


def client_hello() -> bytes:
    """The first bytes of a TLS handshake."""
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


@pytest.mark.parametrize("ending", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_client_may_die_in_a_tls_handshake(start, certificates, ending):
    server = start("listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
                   f'tls {{ cert_file: "{certificates}/server.pem", '
                   f'key_file: "{certificates}/server.key" }}\n')
    hello = client_hello()
    for size in [*range(0, 12), *range(12, len(hello) + 1, 25), len(hello)]:
        client = server.raw()
        client.read_info()
        client.send(hello[:size])
        ending(client)
    with server.raw() as client:
        client.read_info()
        context = ssl.create_default_context(cafile=f"{certificates}/ca.pem")
        client.start_tls(context)
        client.connect()
        client.expect_nothing()
        server.wait_for(lambda: server.json("/varz")["connections"] == 1, "the dead to go")


def test_closing_one_direction_only_is_an_end_too(monitored, undisturbed):
    server = monitored()
    with undisturbed(server), server.connect() as other:
        leftovers = Leftovers(server)
        client = server.connect()
        client.send(b"SUB a 1\r\nPUB a 2\r\nhi\r\nPING\r\n")
        client.sock.shutdown(socket.SHUT_WR)
        # What was asked before the end may still be answered; then the server closes.
        assert b"MSG a 1 2\r\nhi\r\nPONG\r\n".startswith(client.read_to_close())
        client.close()
        assert ping(other) == b""
        leftovers.wait_gone(1)

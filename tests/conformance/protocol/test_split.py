"""Segmentation: a session gives the same answers wherever its bytes are split.

Spec: client-protocol §4.1; checklist 7, 32, 35. Between the parts of one session other connections
make a round trip, so that the server meets the parts one by one.
"""
import contextlib

import pytest

CONNECT = b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n'
HEADER = b"NATS/1.0\r\nA: b\r\n\r\n"

# Bytes of the client, and the answer up to the PONG of the PING they end with. Every connection
# has a number of its own in place of `@@@@`.
SESSIONS = {
    "connect": (b'CONNECT {"verbose":true,"name":"a b"}\r\nPING\r\n', b"+OK\r\nPONG\r\n"),
    "never connected": (b"SUB @@@@ 1\r\nPUB @@@@ 2\r\nok\r\nUNSUB 1\r\nPING\r\n",
                        b"+OK\r\n+OK\r\nMSG @@@@ 1 2\r\nok\r\n+OK\r\nPONG\r\n"),
    "publish": (CONNECT + b"SUB @@@@.* 12\r\nPUB @@@@.b re.ply 11\r\nhello\r\nPING\r\n"
                b"PUB @@@@.c 0\r\n\r\nPING\r\n",
                b"MSG @@@@.b 12 re.ply 11\r\nhello\r\nPING\r\nMSG @@@@.c 12 0\r\n\r\nPONG\r\n"),
    "headers": (CONNECT + b"SUB @@@@ q 1\r\nHPUB @@@@ r 18 20\r\n" + HEADER
                + b"hi\r\nHPUB @@@@ 18 18\r\n" + HEADER + b"\r\nPING\r\n",
                b"HMSG @@@@ 1 r 18 20\r\n" + HEADER + b"hi\r\nHMSG @@@@ 1 18 18\r\n" + HEADER
                + b"\r\nPONG\r\n"),
    "tabs and bare line ends": (b'connect\t{"verbose":false}\nsub\t\t@@@@  q \t1 \n'
                                b"pub @@@@\t2\t\nok\r\nunsub 1\t1\nping x\n",
                                b"MSG @@@@ 1 2\r\nok\r\nPONG\r\n"),
    "no responders": (CONNECT + b"SUB r 1\r\nPUB nobody r 2\r\nok\r\nUNSUB 1 5\r\n+OK\r\n"
                      b"PONG\r\nINFO {}\r\nPING\r\n",
                      b"HMSG r 1 38 38\r\nNATS/1.0 503\r\nNats-Subject: nobody\r\n\r\n\r\n"
                      b"PONG\r\n"),
    "errors that stay open": (CONNECT + b"SUB a. 1\r\nPUB $GR.a 2\r\nok\r\nSUB a _sys_ 2\r\n"
                              b"PING\r\n",
                              b"-ERR 'Invalid Subject'\r\n-ERR 'Permissions Violation for Publish"
                              b" to \"$GR.a\"'\r\n-ERR 'Permissions Violation for Subscription to"
                              b' "a" using queue "_sys_"\'\r\nPONG\r\n'),
    "unsubscribe": (CONNECT + b"SUB @@@@ 1\r\nUNSUB 1 1\r\nPUB @@@@ 1\r\nx\r\nPUB @@@@ 1\r\ny\r\n"
                    b"UNSUB 1\r\nPING\r\n", b"MSG @@@@ 1 1\r\nx\r\nPONG\r\n"),
}

# Bytes, and all the answer until the server closes.
ENDINGS = {
    "unknown operation": (b"PING\r\nMSG a 1 0\r\n\r\n", b"-ERR 'Unknown Protocol Operation'\r\n"),
    "payload too long": (b"PUB a 2\r\nokk\r\n", b"-ERR 'Unknown Protocol Operation'\r\n"),
    "bad size": (b"PUB a x\r\n", b""),
    "too few arguments": (b"SUB a\r\n", b""),
    "payload above the limit": (b"PUB a 1048577\r\n", b"-ERR 'Maximum Payload Violation'\r\n"),
    "client error": (b"-ERR 'it is me'\r\n", b""),
    "bad connect": (b"CONNECT {bad}\r\n", b""),
    "protocol": (b'CONNECT {"protocol":2}\r\n', b"-ERR 'invalid client protocol'\r\n"),
}


def numbered(data: bytes, number: int) -> bytes:
    return data.replace(b"@@@@", b"%04d" % number)


@contextlib.contextmanager
def clients(server, count: int):
    """`count` connections whose INFO has been read."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(server.raw()) for _ in range(count)]
        for client in made:
            client.read_info()
        yield made


def settle(others) -> None:
    """A round trip on connections of their own: what was sent before has arrived."""
    for other in others:
        other.ping()


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_split_in_two_anywhere_gives_the_same(server, name):
    data, answer = SESSIONS[name]
    with clients(server, len(data) - 1) as made, clients(server, 8) as others:
        for at, client in enumerate(made, 1):
            client.send(numbered(data, at)[:at])
        settle(others)
        for at, client in enumerate(made, 1):
            client.send(numbered(data, at)[at:])
        for at, client in enumerate(made, 1):
            got = client.read_until(b"PONG\r\n")
            assert got == numbered(answer, at), f"split before byte {at}: {data[at:at + 20]!r}"


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_sent_byte_by_byte_gives_the_same(server, name):
    data, answer = SESSIONS[name]
    with clients(server, 1) as [client], clients(server, 1) as others:
        for at in range(len(data)):
            client.send(data[at:at + 1])
            settle(others)
        client.expect(answer)
        client.expect_nothing()


@pytest.mark.parametrize("name", SESSIONS)
def test_a_session_in_three_parts_gives_the_same(server, name):
    data, answer = SESSIONS[name]
    cuts = [(at, at + width) for width in (1, 2, 7) for at in range(1, len(data) - width)]
    with clients(server, len(cuts)) as made, clients(server, 8) as others:
        for part in range(3):
            for number, ((first, second), client) in enumerate(zip(cuts, made)):
                own = numbered(data, number)
                client.send((own[:first], own[first:second], own[second:])[part])
            settle(others)
        for number, (cut, client) in enumerate(zip(cuts, made)):
            assert client.read_until(b"PONG\r\n") == numbered(answer, number), cut


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ending_split_anywhere_gives_the_same(server, name):
    data, answer = ENDINGS[name]
    connect = b"" if data.startswith(b"CONNECT") else CONNECT
    pongs = b"PONG\r\n" * data.count(b"PING\r\n")
    last = len(data) - 1 if answer == b"" else len(data) - 2
    with clients(server, last) as made, clients(server, 8) as others:
        for at, client in enumerate(made, 1):
            client.send(connect + data[:at])
        settle(others)
        for at, client in enumerate(made, 1):
            with contextlib.suppress(OSError):  # closed already
                client.send(data[at:])
        for at, client in enumerate(made, 1):
            got = client.read_to_close()
            assert got == pongs + answer, f"split before byte {at}: {data[at:at + 20]!r}"


@pytest.mark.parametrize("size", [1, 511, 512, 513, 4096, 65535, 65536, 65537, 1048576])
def test_a_payload_of_any_size_arrives_whole(server, size):
    payload = (b"%09d " % size * (size // 10 + 1))[:size]
    with server.connect() as client:
        client.send(b"SUB whole 1\r\nPUB whole %d\r\n" % size)
        for at in range(0, size, 60000):
            client.send(payload[at:at + 60000])
        client.send(b"\r\n")
        client.expect(b"MSG whole 1 %d\r\n" % size)
        assert client.read_exactly(size) == payload
        client.expect(b"\r\n")


def test_many_operations_in_one_segment_are_all_served(server):
    count = 2000
    with server.connect() as client:
        published = b"".join(b"PUB many 4\r\n%04d\r\n" % n for n in range(count))
        client.send(b"SUB many 1\r\n" + published)
        client.expect(b"".join(b"MSG many 1 4\r\n%04d\r\n" % n for n in range(count)))
        client.expect_nothing()

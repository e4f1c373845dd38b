"""Everything that is larger than it may be: lines, payloads, headers, numbers of anything."""
import contextlib
import socket

import pytest

from bystanders import next_message, ping

UNKNOWN = b"-ERR 'Unknown Protocol Operation'\r\n"
LINE = b"-ERR 'maximum control line exceeded'\r\n"
PAYLOAD = b"-ERR 'Maximum Payload Violation'\r\n"
MAX_LINE = 4096
MAX_PAYLOAD = 1 << 20

# What is said after CONNECT and a first PING, and all that comes back until the connection ends.
# Spec: client-protocol §4.4 to §4.6, §7.
ROWS = {
    "subscription to a long subject": (b"SUB " + b"a" * (MAX_LINE - 1) + b" 1\r\n", LINE),
    "subscription with a long id": (b"SUB a " + b"1" * MAX_LINE + b"\r\n", LINE),
    "publish to a long subject": (b"PUB " + b"a" * MAX_LINE + b" 1\r\nx\r\n", LINE),
    "publish with a long reply": (b"PUB a " + b"r" * MAX_LINE + b" 1\r\nx\r\n", LINE),
    "publish with much white space": (b"PUB a " + b" " * MAX_LINE + b" 1\r\nx\r\n", LINE),
    "headers to a long subject": (b"HPUB " + b"a" * MAX_LINE + b" 12 13\r\n", LINE),
    "unsubscribe of a long id": (b"UNSUB " + b"1" * (MAX_LINE + 1) + b"\r\n", LINE),
    "long connect": (b'CONNECT {"name":"' + b"n" * MAX_LINE + b'"}\r\n', LINE),
    "long info": (b'INFO {"name":"' + b"n" * MAX_LINE + b'"}\r\n', LINE),
    "line without an end": (b"SUB " + b"a" * 20_000, LINE),
    "payload one byte too large": (b"PUB a %d\r\n" % (MAX_PAYLOAD + 1), PAYLOAD),
    "payload of the largest number": (b"PUB a 999999999\r\n", PAYLOAD),
    "size of ten digits": (b"PUB a 1000000000\r\n", b""),
    "size of many digits": (b"PUB a " + b"9" * 100 + b"\r\n", b""),
    "negative size": (b"PUB a -1\r\n", b""),
    "headers and payload one byte too large": (b"HPUB a 12 %d\r\n" % (MAX_PAYLOAD + 1), PAYLOAD),
    "headers too large": (b"HPUB a %d %d\r\n" % ((MAX_PAYLOAD + 1,) * 2), PAYLOAD),
    "headers larger than all": (b"HPUB a 13 12\r\n", b""),
    "header size of ten digits": (b"HPUB a 1000000000 12\r\n", b""),
    "negative header size": (b"HPUB a -1 12\r\n", b""),
    "payload longer than it says": (b"PUB a 2\r\nabcd\r\n", UNKNOWN),
    "too many arguments": (b"PUB a b c d e 2\r\nab\r\n", b""),
    "long unknown verb": (b"X" * 10_000 + b"\r\n", UNKNOWN),
}


def send_as_far_as_taken(client, data: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        client.send(data)


def test_what_is_too_large_is_refused_and_only_its_sender_is_cut(monitored, undisturbed):
    server = monitored()
    with undisturbed(server):
        for name, (said, answer) in ROWS.items():
            for pieces in (1, 7):  # in one segment, or in a few
                with server.connect(headers=True) as client:
                    step = -(-len(said) // pieces)
                    for at in range(0, len(said), step):
                        send_as_far_as_taken(client, said[at:at + step])
                    assert client.read_to_close() == answer, (name, pieces)


def test_the_largest_of_everything_passes(monitored, undisturbed, patience):
    server = monitored()
    with undisturbed(server), server.connect(headers=True) as client:
        subject = b"s" * (MAX_LINE - 2)
        client.send(b"SUB " + subject + b" 1\r\n")
        assert ping(client) == b""
        body = b"x" * MAX_PAYLOAD
        publish_to = subject[:MAX_LINE - len(" %d" % MAX_PAYLOAD)]
        client.send(b"SUB " + publish_to + b" 2\r\n")
        client.send(b"PUB " + publish_to + b" %d\r\n" % MAX_PAYLOAD + body + b"\r\n")
        assert next_message(client) == b"MSG " + publish_to + b" 2 %d\r\n" % MAX_PAYLOAD \
            + body + b"\r\n"
        # A message may consist of headers alone.
        headers = b"NATS/1.0\r\nA: " + b"v" * (MAX_PAYLOAD - 16) + b"\r\n\r\n"[:2]
        client.send(b"SUB h 3\r\nHPUB h %d %d\r\n" % ((len(headers),) * 2) + headers + b"\r\n")
        expected = b"HMSG h 3 %d %d\r\n" % ((len(headers),) * 2) + headers + b"\r\n"
        assert client.read_exactly(len(expected)) == expected


def test_a_line_that_never_ends_is_cut_early(monitored, undisturbed):
    server = monitored()
    with undisturbed(server):
        for start_of_line in (b"SUB ", b"PUB ", b"CONNECT ", b"UNSUB ", b"-ERR '"):
            client = server.raw()
            with pytest.raises(ConnectionError):
                client.send(start_of_line)
                for _ in range(10_000):  # 160 MB, should nobody stop it
                    client.send(b"a" * 16_384)
            client.close()


@pytest.mark.exact_memory
def test_an_endless_ping_line_costs_no_memory(monitored, undisturbed):
    server = monitored()
    with undisturbed(server), server.connect() as client:
        before = server.status("VmRSS")
        client.send(b"PING")
        for _ in range(1000):  # what follows the verb up to the line's end is ignored
            client.send(b"a" * 16_384)
        client.send(b"\r\n")
        client.expect(b"PONG\r\n")
        if server.is_gannet:
            # 16 MB came: were the line kept, twice as much would be held.
            assert server.status("VmRSS") < before + (8 << 20)


def test_very_many_subscriptions_are_held_and_given_back(monitored, undisturbed):
    server = monitored()
    with undisturbed(server):
        before = server.json("/varz")["subscriptions"]
        client = server.connect()
        client.send(b"".join(b"SUB many.%d.* %d\r\n" % (n, n) for n in range(50_000)))
        assert ping(client) == b""
        assert server.json("/varz")["subscriptions"] == before + 50_000
        client.send(b"PUB many.49999.a 2\r\nhi\r\n")
        assert next_message(client) == b"MSG many.49999.a 49999 2\r\nhi\r\n"
        client.close()
        server.wait_for(lambda: server.json("/varz")["subscriptions"] == before, "no interest")


def test_a_subject_of_very_many_tokens_is_matched(monitored, undisturbed):
    server = monitored()
    with undisturbed(server), server.connect() as client:
        subject = b".".join([b"t"] * 1500)
        wild = b".".join([b"*"] * 1500)
        client.send(b"SUB %s 1\r\nSUB %s 2\r\nSUB t.> 3\r\n" % (subject, wild))
        client.send(b"PUB %s 2\r\nhi\r\n" % subject)
        got = sorted(next_message(client).split(b" ")[2] for _ in range(3))
        assert got == [b"1", b"2", b"3"]


def test_monitoring_requests_that_are_too_large_are_refused(monitored, undisturbed):
    server = monitored()
    port = server.monitor_port
    with undisturbed(server):
        for head in (b"GET /" + b"v" * 2_000_000 + b" HTTP/1.1\r\n",
                     b"GET /varz HTTP/1.1\r\nX: " + b"v" * 2_000_000 + b"\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", port), timeout=server.timeout) as sock:
                with contextlib.suppress(ConnectionError):
                    sock.sendall(head)
                    assert b" 431 " in sock.recv(4096).split(b"\r\n")[0]
        assert server.json("/varz")["connections"] == 2

"""HPUB: lengths, who gets headers, who gets the payload only.

Spec: client-protocol §7, §8; checklist 49-52.
"""
import pytest

QUIET = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
HEADER = b"NATS/1.0\r\nA: b\r\n\r\n"


@pytest.mark.parametrize("connect", [b"", b"CONNECT {}\r\n", b'CONNECT {"headers":false}\r\n'])
def test_a_client_must_have_said_that_it_knows_headers(server, close_reason, connect):
    with server.raw() as client:
        cid = client.read_info()["client_id"]
        client.send(connect + b"HPUB foo 18 20\r\n" + HEADER + b"hi\r\nPING\r\n")
        assert client.read_to_close() == (b"+OK\r\n" if connect else b"")
    assert close_reason(server, cid) == "Protocol Violation"


@pytest.mark.parametrize("operations, answer", [
    (b"HPUB foo 18 20\r\n" + HEADER + b"hi\r\n", b"HMSG foo 1 18 20\r\n" + HEADER + b"hi\r\n"),
    (b"HPUB foo r 18 20\r\n" + HEADER + b"hi\r\n", b"HMSG foo 1 r 18 20\r\n" + HEADER + b"hi\r\n"),
    (b"HPUB foo 18 18\r\n" + HEADER + b"\r\n", b"HMSG foo 1 18 18\r\n" + HEADER + b"\r\n"),
    (b"HPUB foo 0 2\r\nok\r\n", b"MSG foo 1 2\r\nok\r\n"),
    (b"HPUB foo r 0 2\r\nok\r\n", b"MSG foo 1 r 2\r\nok\r\n"),
    (b"HPUB foo 0 0\r\n\r\n", b"MSG foo 1 0\r\n\r\n"),
    (b"HPUB foo 2 2\r\nok\r\n", b"HMSG foo 1 2 2\r\nok\r\n"),
    (b"HPUB foo 1 3\r\nxyz\r\n", b"HMSG foo 1 1 3\r\nxyz\r\n"),
    (b"HPUB foo 12 12\r\nNATS/1.0\r\n\r\n\r\n", b"HMSG foo 1 12 12\r\nNATS/1.0\r\n\r\n\r\n"),
    (b"PUB foo 2\r\nok\r\n", b"MSG foo 1 2\r\nok\r\n"),
])
def test_a_client_with_headers_gets_them_as_they_were_sent(talk, operations, answer):
    assert talk(QUIET + b"SUB foo 1\r\n" + operations) == answer


@pytest.mark.parametrize("block", [
    b"NATS/1.0 503 Gone\r\nA:b\r\na:  c \r\nA: d\r\nEmpty:\r\n\r\n",
    b"NATS/1.0\r\nNats-Subject: x\r\nNats-Msg-Id: 1\r\nX\r\n: y\r\n\r\n",
    b"not a header at all", b"\r\n\r\n", bytes(range(256)), b"x" * 5000])
def test_a_header_block_is_not_looked_into(talk, block):
    data = b"HPUB foo %d %d\r\n" % (len(block), len(block) + 2) + block + b"ok\r\n"
    answer = b"HMSG foo 1 %d %d\r\n" % (len(block), len(block) + 2) + block + b"ok\r\n"
    assert talk(QUIET + b"SUB foo 1\r\n" + data) == answer


@pytest.mark.parametrize("operation, answer", [
    (b"HPUB strip 18 20\r\n" + HEADER + b"hi\r\n", b"MSG strip 1 2\r\nhi\r\n"),
    (b"HPUB strip r 18 20\r\n" + HEADER + b"hi\r\n", b"MSG strip 1 r 2\r\nhi\r\n"),
    (b"HPUB strip 18 18\r\n" + HEADER + b"\r\n", b"MSG strip 1 0\r\n\r\n"),
    (b"HPUB strip 0 2\r\nok\r\n", b"MSG strip 1 2\r\nok\r\n"),
    (b"HPUB strip 018 0020\r\n" + HEADER + b"hi\r\n", b"MSG strip 1 2\r\nhi\r\n"),
])
@pytest.mark.parametrize("connect", [b"", b'CONNECT {"verbose":false,"headers":false}\r\n'])
def test_a_client_without_headers_gets_the_payload(server, connect, operation, answer):
    with server.raw() as reader, server.connect(headers=True) as sender:
        reader.read_info()
        reader.send(connect + b"SUB strip 1\r\n")
        reader.ping()
        sender.send(operation)
        sender.expect_nothing()
        reader.expect(answer)
        reader.expect_nothing()


def test_each_subscriber_gets_what_it_understands(server):
    with server.connect(headers=True) as knows, server.connect(headers=False) as plain:
        for client in (knows, plain):
            client.send(b"SUB mixed 1\r\n")
            client.ping()
        knows.send(b"HPUB mixed 18 20\r\n" + HEADER + b"hi\r\n")
        knows.expect(b"HMSG mixed 1 18 20\r\n" + HEADER + b"hi\r\n")
        plain.expect(b"MSG mixed 1 2\r\nhi\r\n")


def test_headers_count_against_the_payload_limit(start):
    server = start("listen: 127.0.0.1:-1\nmax_payload: 20\n")
    with server.connect(headers=True) as client:
        client.send(b"SUB foo 1\r\nHPUB foo 18 20\r\n" + HEADER + b"hi\r\n")
        client.expect(b"HMSG foo 1 18 20\r\n" + HEADER + b"hi\r\n")
        client.send(b"HPUB foo 18 21\r\n")
        assert client.read_to_close() == b"-ERR 'Maximum Payload Violation'\r\n"

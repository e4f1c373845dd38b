"""The status 503 a requester gets when nobody listens.

Spec: client-protocol §9.4; checklist 57, 58.
"""
import pytest

ASKS = b'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n'


def missing(subject: bytes, reply: bytes, sid: bytes = b"1") -> bytes:
    size = b"%d" % (32 + len(subject))
    return (b"HMSG " + reply + b" " + sid + b" " + size + b" " + size
            + b"\r\nNATS/1.0 503\r\nNats-Subject: " + subject + b"\r\n\r\n\r\n")


def test_the_exact_bytes(talk):
    assert talk(ASKS + b"SUB reply 1\r\nPUB foo reply 2\r\nok\r\n") == (
        b"HMSG reply 1 35 35\r\nNATS/1.0 503\r\nNats-Subject: foo\r\n\r\n\r\n")


@pytest.mark.parametrize("operations, answer", [
    (b"SUB r.* 1\r\nPUB foo r.x 0\r\n\r\n", missing(b"foo", b"r.x")),
    (b"SUB > all\r\nUNSUB all 9\r\nPUB . r 0\r\n\r\n", missing(b".", b"r", b"all")),
    (b"SUB r 1\r\nHPUB foo r 12 12\r\nNATS/1.0\r\n\r\n\r\n", missing(b"foo", b"r")),
    (b"SUB r 1\r\nPUB foo.* r 0\r\n\r\n", missing(b"foo.*", b"r")),
    (b"SUB r 1\r\nPUB foo..bar r 0\r\n\r\n", missing(b"foo..bar", b"r")),
    (b"SUB r 1\r\nPUB $JS.API.INFO r 0\r\n\r\n", missing(b"$JS.API.INFO", b"r")),
    (b"SUB r 1\r\nPUB " + b"s" * 100 + b" r 0\r\n\r\n", missing(b"s" * 100, b"r")),
    (b"SUB r 1\r\nSUB r q 2\r\nPUB foo r 0\r\n\r\n", missing(b"foo", b"r")),
    (b"SUB r 1\r\nUNSUB 1 2\r\n" + b"PUB foo r 0\r\n\r\n" * 4, missing(b"foo", b"r") * 4),
    (b"SUB r 1\r\nUNSUB 1 1\r\nPUB foo r 0\r\n\r\nPUB r 1\r\nx\r\nPUB foo r 0\r\n\r\n",
     missing(b"foo", b"r") + b"MSG r 1 1\r\nx\r\n"),
])
def test_it_goes_to_a_subscription_of_the_reply(talk, operations, answer):
    assert talk(ASKS + operations) == answer


@pytest.mark.parametrize("operations", [
    b"PUB foo r 0\r\n\r\n",  # no subscription for the reply
    b"SUB other 1\r\nPUB foo r 0\r\n\r\n",
    b"SUB r q 1\r\nPUB foo r 0\r\n\r\n",  # a member of a queue only
    b"SUB r 1\r\nPUB foo 0\r\n\r\n",  # no reply
    b"SUB r 1\r\nUNSUB 1\r\nPUB foo r 0\r\n\r\n",
])
def test_nothing_comes_where_nobody_would_hear_it(talk, operations):
    assert talk(ASKS + operations) == b""


@pytest.mark.parametrize("connect", [
    b"", b'CONNECT {"verbose":false}\r\n', b'CONNECT {"verbose":false,"headers":true}\r\n'])
def test_nothing_comes_unless_it_was_asked_for(talk, connect):
    answer = talk(connect + b"SUB r 1\r\nPUB foo r 0\r\n\r\n")
    assert b"503" not in answer


def test_several_own_subscriptions_bring_one_answer(talk):
    data = ASKS + b"SUB r 1\r\nSUB r 2\r\nSUB > 3\r\nUNSUB 3\r\nPUB foo r 0\r\n\r\n"
    assert talk(data) in (missing(b"foo", b"r", b"1"), missing(b"foo", b"r", b"2"))


def test_it_needs_no_echo(server):
    with server.connect(headers=True, no_responders=True, echo=False) as client:
        client.send(b"SUB silent 1\r\nSUB own 2\r\nPUB own silent 0\r\n\r\n")
        assert client.ping() == missing(b"own", b"silent")


def test_a_listener_anywhere_is_enough(server):
    with server.connect(headers=True, no_responders=True) as asks, server.connect() as other:
        asks.send(b"SUB quiet 1\r\n")
        for subscription in (b"SUB some.* 1\r\n", b"UNSUB 1\r\nSUB some.x q 1\r\n"):
            other.send(subscription)
            other.ping()
            asks.send(b"PUB some.x quiet 0\r\n\r\n")
            asks.expect_nothing()
        other.send(b"UNSUB 1\r\n")
        other.ping()
        asks.send(b"PUB some.x quiet 0\r\n\r\n")
        assert asks.ping() == missing(b"some.x", b"quiet")


def test_others_who_listen_on_the_reply_hear_nothing(server):
    with server.connect(headers=True, no_responders=True) as asks, \
            server.connect(headers=True) as other:
        other.send(b"SUB inbox 1\r\n")
        other.ping()
        asks.send(b"SUB inbox 7\r\nPUB nobody inbox 0\r\n\r\n")
        assert asks.ping() == missing(b"nobody", b"inbox", b"7")
        other.expect_nothing()


def test_a_verbose_client_hears_ok_first(talk):
    connect = b'CONNECT {"headers":true,"no_responders":true}\r\n'
    data = connect + b"SUB r 1\r\nPUB foo r 0\r\n\r\n"
    assert talk(data) == b"+OK\r\n" * 3 + missing(b"foo", b"r")


@pytest.mark.parametrize("operation", [b"PUB $GR.x r 0\r\n\r\n", b"PUB foo $GR.x 0\r\n\r\n"])
def test_a_refused_message_brings_no_status(talk, operation):
    answer = talk(ASKS + b"SUB > 1\r\n" + operation)
    assert answer.startswith(b"-ERR 'Permissions Violation") and b"503" not in answer

"""SUB and UNSUB: sids, limits of deliveries, what counts.

Spec: client-protocol §6; checklist 42-45.
"""
import pytest

QUIET = b'CONNECT {"verbose":false,"pedantic":false,"headers":true}\r\n'
PUB = b"PUB foo 0\r\n\r\n"
MSG = b"MSG foo 1 0\r\n\r\n"


@pytest.mark.parametrize("operations, delivered", [
    (b"UNSUB 1\r\n" + PUB, 0),
    (b"UNSUB 2\r\n" + PUB, 1),
    (b"UNSUB 1 2\r\n" + PUB * 100, 2),
    (PUB * 5 + b"UNSUB 1 5\r\n" + PUB, 5),
    (PUB * 5 + b"UNSUB 1 6\r\n" + PUB * 3, 6),
    (PUB * 5 + b"UNSUB 1 2\r\n" + PUB, 5),
    (b"UNSUB 1 3\r\nUNSUB 1\r\n" + PUB, 0),
    (b"UNSUB 1 3\r\n" + PUB + b"UNSUB 1\r\n" + PUB, 1),
    (b"UNSUB 1 1\r\nUNSUB 1 2\r\n" + PUB * 3, 2),
    (b"UNSUB 1 5\r\nUNSUB 1 2\r\n" + PUB * 9, 2),
    (PUB + b"UNSUB 1 5\r\n" + PUB + b"UNSUB 1 2\r\n" + PUB, 2),
    (b"UNSUB 1 0\r\n" + PUB, 0),
    (b"UNSUB 1 x\r\n" + PUB, 0),
    (b"UNSUB 1 -1\r\n" + PUB, 0),
    (b"UNSUB 1 1234567890\r\n" + PUB, 0),
    (b"UNSUB 1 999999999\r\n" + PUB * 3, 3),
    (b"UNSUB 1 01\r\n" + PUB * 2, 1),
    (b"UNSUB 1 1\r\n" + PUB + b"SUB foo 1\r\n" + PUB * 3, 4),
    (b"UNSUB 1 5\r\nSUB foo 1\r\n" + PUB * 9, 5),
    (b"UNSUB 1\r\nSUB foo 1\r\n" + PUB, 1),
    (b"UNSUB 1 2\r\nUNSUB 1\r\nSUB foo 1\r\n" + PUB * 5, 5),
    (b"UNSUB 1 2\r\nPUB foo.other 0\r\n\r\n" * 5 + PUB * 5, 2),
])
def test_a_limit_counts_all_deliveries_since_sub(talk, operations, delivered):
    assert talk(QUIET + b"SUB foo 1\r\n" + operations) == MSG * delivered


def test_an_unknown_sid_is_no_error(talk):
    assert talk(QUIET + b"UNSUB 1\r\nUNSUB x 5\r\n") == b""


def test_a_known_sid_is_ignored_and_the_first_subscription_stays(talk):
    data = b"SUB foo 1\r\nSUB bar 1\r\nSUB foo q 1\r\nPUB foo 0\r\n\r\nPUB bar 0\r\n\r\n"
    assert talk(QUIET + data) == MSG


def test_a_known_sid_is_ignored_before_its_subject_is_looked_at(talk):
    assert talk(b"CONNECT {}\r\nSUB foo 1\r\nSUB foo. 1\r\n") == b"+OK\r\n" * 3


def test_the_servers_own_queue_is_refused_before_the_sid_is_looked_at(talk):
    refusal = b"-ERR 'Permissions Violation for Subscription to \"foo\" using queue \"_sys_\"'\r\n"
    assert talk(QUIET + b"SUB foo 1\r\nSUB foo _sys_ 1\r\n") == refusal


def test_sids_belong_to_their_connection(server):
    with server.connect() as one, server.connect() as two:
        one.send(b"SUB own.a 1\r\n")
        one.ping()
        two.send(b"SUB own.b 1\r\nUNSUB 1\r\nPUB own.a 0\r\n\r\n")
        two.expect_nothing()
        one.expect(b"MSG own.a 1 0\r\n\r\n")


def test_a_limit_of_a_queue_member_counts_its_own_deliveries(server):
    with server.connect() as one, server.connect() as two, server.connect() as sender:
        one.send(b"SUB limited q 1\r\nUNSUB 1 3\r\n")
        two.send(b"SUB limited q 2\r\nUNSUB 2 4\r\n")
        one.ping(), two.ping()
        sender.send(b"PUB limited 0\r\n\r\n" * 50)
        sender.ping()
        assert one.ping() == b"MSG limited 1 0\r\n\r\n" * 3
        assert two.ping() == b"MSG limited 2 0\r\n\r\n" * 4


def test_a_limit_that_is_reached_takes_the_subscription_away(server, connection):
    with server.connect() as client:
        cid = client.info["client_id"]
        client.send(b"SUB gone 1\r\nSUB stays 2\r\nUNSUB 1 2\r\nPUB gone 0\r\n\r\n")
        client.ping()
        assert connection(server, cid)["subscriptions"] == 2
        client.send(b"PUB gone 0\r\n\r\n")
        client.ping()
        left = connection(server, cid)
    assert [one["sid"] for one in left["subscriptions_list_detail"]] == ["2"]


def test_a_limit_set_by_one_client_holds_when_others_publish(server):
    with server.connect() as reader, server.connect() as first, server.connect() as second:
        reader.send(b"SUB few 1\r\nUNSUB 1 10\r\n")
        reader.ping()
        for sender in (first, second):
            sender.send(b"PUB few 1\r\nx\r\n" * 100)
        first.ping(), second.ping()
        assert reader.ping() == b"MSG few 1 1\r\nx\r\n" * 10


def test_closing_takes_all_subscriptions_away(server):
    with server.connect(headers=True, no_responders=True) as asks:
        asks.send(b"SUB answer 1\r\n")
        with server.connect() as gone:
            gone.send(b"SUB question 1\r\nSUB question q 2\r\n")
            gone.ping()
        missing = b"HMSG answer 1 40 40\r\nNATS/1.0 503\r\nNats-Subject: question\r\n\r\n\r\n"

        def nobody():
            asks.send(b"PUB question answer 0\r\n\r\n")
            return asks.ping() == missing

        assert server.wait_for(nobody, "the subscriptions' end")

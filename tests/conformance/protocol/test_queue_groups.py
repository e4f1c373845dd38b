"""Queue groups: who gets what, and how evenly.

Spec: client-protocol §9.2; checklist 54-56.
"""
import contextlib

import pytest


@contextlib.contextmanager
def members(server, *subscriptions: bytes, **options):
    """One connection for each `SUBJECT [QUEUE]`, subscribed with sid 1."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(server.connect(**options)) for _ in subscriptions]
        for client, subscription in zip(made, subscriptions):
            client.send(b"SUB " + subscription + b" 1\r\n")
            client.ping()
        yield made


def counts(clients, subject: bytes) -> list:
    """How many messages on `subject` each client has got."""
    return [client.ping().count(b"MSG " + subject + b" ") for client in clients]


def publish(server, subject: bytes, count: int) -> None:
    with server.connect() as sender:
        sender.send((b"PUB " + subject + b" 1\r\nx\r\n") * count)
        sender.ping()


def test_two_members_share_about_evenly(server):
    with members(server, b"share q", b"share q") as both:
        publish(server, b"share", 1000)
        got = counts(both, b"share")
    assert sum(got) == 1000
    assert min(got) >= 350, got


def test_ten_members_all_get_some(server):
    with members(server, *[b"ten q"] * 10) as ten:
        publish(server, b"ten", 2000)
        got = counts(ten, b"ten")
    assert sum(got) == 2000
    assert min(got) >= 100 and max(got) <= 320, got


def test_members_on_one_connection_share_too(server):
    with server.connect() as client:
        client.send(b"SUB same q 1\r\nSUB same q 2\r\n" + b"PUB same 0\r\n\r\n" * 400)
        got = client.ping()
    first, second = got.count(b"MSG same 1 0"), got.count(b"MSG same 2 0")
    assert first + second == 400
    assert min(first, second) >= 120, (first, second)


def test_each_queue_and_each_plain_subscription_gets_all(server):
    with members(server, b"each one", b"each one", b"each two", b"each", b"each") as all_of_them:
        publish(server, b"each", 200)
        got = counts(all_of_them, b"each")
    assert got[0] + got[1] == 200
    assert got[2:] == [200, 200, 200]


@pytest.mark.parametrize("patterns", [
    [b"group.a", b"group.*"], [b"group.*", b"group.>"],
    [b"group.a", b"group.*", b"group.>", b"*.a"]])
def test_one_name_is_one_group_over_all_matching_subjects(server, patterns):
    with members(server, *[pattern + b" q" for pattern in patterns]) as group:
        publish(server, b"group.a", 600)
        got = counts(group, b"group.a")
    assert sum(got) == 600
    assert min(got) >= 600 // len(patterns) // 2, got


def test_names_differ_in_case_and_know_no_wildcards(server):
    with members(server, b"names q", b"names Q", b"names *", b"names >") as four:
        publish(server, b"names", 50)
        assert counts(four, b"names") == [50] * 4


def test_a_member_without_echo_is_passed_over_for_its_own_messages(server):
    with server.connect(echo=False) as sender:
        sender.send(b"SUB passed q 1\r\nSUB passed q 2\r\nSUB passed q 3\r\n")
        sender.ping()
        with members(server, b"passed q") as [other]:
            sender.send(b"PUB passed 1\r\nx\r\n" * 200)
            sender.expect_nothing()
            assert counts([other], b"passed") == [200]


def test_a_group_of_the_sender_alone_without_echo_gets_nothing(server):
    with server.connect(echo=False) as sender:
        sender.send(b"SUB alone q 1\r\nPUB alone 0\r\n\r\n")
        sender.expect_nothing()


def test_a_member_that_has_had_its_share_is_passed_over(server):
    with members(server, b"had q", b"had q") as [limited, other]:
        limited.send(b"UNSUB 1 5\r\n")
        limited.ping()
        publish(server, b"had", 100)
        assert counts([limited, other], b"had") == [5, 95]


def test_a_member_that_leaves_is_not_missed(server):
    with members(server, b"leave q", b"leave q") as [leaves, stays]:
        leaves.send(b"UNSUB 1\r\n")
        leaves.ping()
        publish(server, b"leave", 100)
        assert counts([leaves, stays], b"leave") == [0, 100]


def test_headers_and_reply_reach_a_member(server):
    with server.connect(headers=True) as client:
        client.send(b"SUB work q 1\r\nHPUB work r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n")
        client.expect(b"HMSG work 1 r 12 14\r\nNATS/1.0\r\n\r\nhi\r\n")

"""What holds between clients that live on different shards."""
import os
import random
import threading

import pytest

from shard_threads import run_times_ns
from traffic import Inbox, flush, pub, send_from_all

pytestmark = pytest.mark.gannet_only("spreads clients over shards")

BOTH_WAYS = pytest.mark.parametrize("here, there", [(0, 1), (1, 0)], ids=["0to1", "1to0"])


@pytest.fixture
def spread(spread):
    return spread()


def subscribe(client, line: bytes) -> Inbox:
    inbox = Inbox(client)
    client.send(line + b"\r\n")
    assert inbox.ping() == []
    return inbox


def numbered(subject: bytes, count: int, sizes=(8,)) -> bytes:
    """`count` messages whose payloads begin with their numbers."""
    return b"".join(pub(subject, (b"%08d" % number).ljust(sizes[number % len(sizes)], b"."))
                    for number in range(count))


def number_of(message) -> int:
    return int(message.payload[:8])


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("says_so", ["flag", "file"])
def test_there_are_as_many_shards_as_asked_for(serve, count, says_so):
    server = serve(args=["--shards", count]) if says_so == "flag" else serve(f"shards: {count}")
    assert set(run_times_ns(server)) == set(range(count))
    assert server.json("/varz")["gomaxprocs"] == count


def test_the_flag_wins_over_the_file(serve):
    assert set(run_times_ns(serve("shards: 3", args=["--shards", "2"]))) == {0, 1}


@BOTH_WAYS
@pytest.mark.parametrize("count, sizes", [
    (10_000, (8,)), (2_000, (8, 5000, 100, 2100, 40_000)), (300, (8, 200_000, 8, 8, 3000)),
], ids=["small", "mixed", "large"])
def test_one_publishers_messages_arrive_in_order(spread, here, there, count, sizes):
    inbox = subscribe(spread.client(there), b"SUB a.> 1")
    beside = subscribe(spread.client(here), b"SUB a.> 1")
    publisher = spread.client(here)

    batch = 100
    data = numbered(b"a.b", count, sizes)
    send_from_all([(publisher, data[:len(data) // 2])])
    send_from_all([(publisher, data[len(data) // 2:])])

    for receiver in (inbox, beside):
        got = [number_of(one) for _ in range(count // batch) for one in receiver.read(batch)]
        assert got == list(range(count))


def test_each_of_several_publishers_keeps_its_order(spread):
    inboxes = [subscribe(spread.client(shard), b"SUB a.* 1") for shard in (0, 1)]
    publishers = [spread.client(shard) for shard in (0, 1, 0, 1)]
    count = 2_000

    send_from_all([(publisher, numbered(b"a.%d" % number, count, (8, 3000, 20)))
                   for number, publisher in enumerate(publishers)])

    for inbox in inboxes:
        by_subject = {}
        for message in inbox.read(count * len(publishers)):
            by_subject.setdefault(message.subject, []).append(number_of(message))
        assert by_subject == {b"a.%d" % n: list(range(count)) for n in range(len(publishers))}


@pytest.mark.parametrize("limit", [1, 2, 999])
@pytest.mark.parametrize("home", [0, 1])
def test_auto_unsubscribe_is_exact_with_publishers_on_both_shards(spread, limit, home):
    receiver = spread.client(home)
    inbox = subscribe(receiver, b"SUB a 1\r\nUNSUB 1 %d" % limit)
    publishers = [spread.client(shard) for shard in (0, 1, 0, 1)]

    send_from_all([(publisher, numbered(b"a", 1_000)) for publisher in publishers])

    assert len(inbox.read(limit)) == limit
    # A message to another subscription comes behind whatever was still on its way.
    receiver.send(b"SUB last 2\r\n")
    assert inbox.ping() == []
    for publisher in publishers:
        publisher.send(pub(b"last", b""))
    assert {one.subject for one in inbox.read(len(publishers))} == {b"last"}


def test_auto_unsubscribe_counts_what_came_before(spread):
    inbox = subscribe(spread.client(0), b"SUB a 1")
    publishers = [spread.client(shard) for shard in (0, 1)]
    send_from_all([(publisher, numbered(b"a", 100)) for publisher in publishers])
    assert len(inbox.read(200)) == 200

    inbox.client.send(b"UNSUB 1 250\r\n")
    assert inbox.ping() == []
    send_from_all([(publisher, numbered(b"a", 100)) for publisher in publishers])
    assert len(inbox.read(50)) == 50
    assert inbox.ping() == []


@BOTH_WAYS
@pytest.mark.parametrize("form", [b"SUB %s %d", b"SUB %s group %d"], ids=["plain", "queue"])
def test_once_a_subscription_is_confirmed_everyone_reaches_it(spread, here, there, form):
    inbox = Inbox(spread.client(there))
    publishers = [spread.client(here), spread.client(there), spread.client(here)]
    for number in range(200):
        subject = b"fresh.%d" % number
        for publisher in publishers:  # who now know that nobody listens
            publisher.send(pub(subject, b"early"))
            flush(publisher)
        inbox.client.send(form % (subject, number) + b"\r\n")
        assert inbox.ping() == []
        for publisher in publishers:
            publisher.send(pub(subject, b"late"))
            [message] = inbox.read(1)
            assert message[:2] == (subject, b"%d" % number) and message.payload == b"late"


@BOTH_WAYS
def test_once_an_unsub_is_confirmed_nothing_comes(spread, here, there):
    inbox = Inbox(spread.client(there))
    publisher = spread.client(here)
    data = numbered(b"a", 300)
    for number in range(50):
        inbox.client.send(b"SUB a %d\r\n" % number)
        inbox.ping()
        publisher.send(data)
        inbox.read(1)
        inbox.client.send(b"UNSUB %d\r\n" % number)
        inbox.ping()
        assert inbox.ping() == []
        flush(publisher)


@pytest.mark.parametrize("sizes", [(8,), (4000,)], ids=["copied", "shared"])
def test_a_queue_group_gets_each_message_once(spread, sizes):
    members = [subscribe(spread.client(shard), b"SUB a.* group 1") for shard in (0, 1, 0, 1)]
    publishers = [spread.client(shard) for shard in (0, 1, 0, 1)]
    count = 1_000

    send_from_all([(publisher, numbered(b"a.%d" % number, count, sizes))
                   for number, publisher in enumerate(publishers)])

    wanted = sorted((b"a.%d" % n, i) for n in range(len(publishers)) for i in range(count))
    got = [[] for _ in members]
    spread.server.wait_for(
        lambda: [mine.extend(one.ping()) for mine, one in zip(got, members)]
        and sum(map(len, got)) >= len(wanted), "every message")
    assert sorted((one.subject, number_of(one)) for mine in got for one in mine) == wanted
    for mine in got:  # at random: a fair share is 1,000, six deviations are 170
        assert 830 <= len(mine) <= 1170, [len(one) for one in got]


@BOTH_WAYS
def test_a_member_that_leaves_its_group_takes_no_message_with_it(spread, here, there):
    """What was chosen for it goes to those who stay, as in a server of one piece."""
    staying = subscribe(spread.client(here), b"SUB a group 1")
    leaving = Inbox(spread.client(there))
    publisher = spread.client(here)
    count, lost = 60_000, []
    data = numbered(b"a", count)
    for turn in range(4):
        leaving.client.send(b"SUB a group %d\r\n" % turn)
        assert leaving.ping() == []
        sending = threading.Thread(target=publisher.send, args=[data])
        sending.start()
        got = leaving.read(1)
        leaving.client.send(b"UNSUB %d\r\n" % turn)
        got += leaving.ping()
        sending.join()
        flush(publisher)
        got += leaving.ping() + staying.ping()
        numbers = {number_of(one) for one in got}
        assert len(numbers) == len(got), "a message came twice"
        lost.append(count - len(numbers))
    assert sum(lost) == 0, f"lost of {count}, in each turn: {lost}"


@BOTH_WAYS
def test_requests_are_answered_across_shards(spread, here, there):
    requester = spread.requester(here)
    inbox = subscribe(requester, b"SUB _INBOX.me.* 1")
    service = subscribe(spread.client(there), b"SUB service 1")
    for number in range(500):
        reply = b"_INBOX.me.%d" % number
        requester.send(pub(b"service", b"%d" % number, reply))
        [request] = service.read(1)
        assert request.reply == reply
        service.client.send(pub(request.reply, request.payload))
        [answer] = inbox.read(1)
        assert (answer.subject, answer.payload) == (reply, b"%d" % number)


def test_many_requests_at_once_are_all_answered(spread):
    services = [subscribe(spread.client(shard), b"SUB service group 1") for shard in (0, 1)]
    requesters = [spread.requester(shard) for shard in (0, 1)]
    inboxes = [subscribe(one, b"SUB _INBOX.%d.* 1" % n) for n, one in enumerate(requesters)]
    numbers = list(range(300))
    random.Random(1).shuffle(numbers)
    for n, requester in enumerate(requesters):
        requester.send(b"".join(
            pub(b"service", b"", b"_INBOX.%d.%d" % (n, number)) for number in numbers))
    answered = 0
    while answered < 2 * len(numbers):
        for service in services:
            requests = service.ping()
            answered += len(requests)
            service.client.send(b"".join(pub(one.reply, b"ok") for one in requests))
    for n, inbox in enumerate(inboxes):
        got = inbox.read(len(numbers))
        assert {one.payload for one in got} == {b"ok"}, "a request was not delivered"
        assert {one.subject for one in got} == {b"_INBOX.%d.%d" % (n, i) for i in numbers}


def no_responders(message) -> bool:
    return message.payload.startswith(b"NATS/1.0 503")


@BOTH_WAYS
@pytest.mark.parametrize("form", [b"SUB service 1", b"SUB service group 1"])
def test_who_leaves_is_no_responder_any_more(spread, here, there, form):
    requester = spread.requester(here)
    inbox = subscribe(requester, b"SUB _INBOX.me 1")
    service = Inbox(spread.client(there))
    for _ in range(50):
        requester.send(pub(b"service", b"", b"_INBOX.me"))
        assert no_responders(inbox.read(1)[0])

        service.client.send(form + b"\r\n")
        assert service.ping() == []
        requester.send(pub(b"service", b"", b"_INBOX.me"))
        assert len(service.read(1)) == 1
        assert inbox.ping() == []

        service.client.send(b"UNSUB 1\r\n")
        assert service.ping() == []


@BOTH_WAYS
def test_a_responder_that_closes_is_gone(spread, here, there):
    requester = spread.requester(here)
    inbox = subscribe(requester, b"SUB _INBOX.me 1")
    service = subscribe(spread.client(there), b"SUB service 1")
    open_before = spread.server.json("/connz")["num_connections"]
    service.client.close()
    spread.server.wait_for(
        lambda: spread.server.json("/connz")["num_connections"] < open_before, "the close")
    requester.send(pub(b"service", b"", b"_INBOX.me"))
    assert no_responders(inbox.read(1)[0])


@BOTH_WAYS
def test_a_responder_for_one_request_leaves_the_second_without(spread, here, there):
    """Both requests come in one piece: the second must not be lost without a word."""
    requester = spread.requester(here)
    inbox = subscribe(requester, b"SUB _INBOX.me.* 1")
    service = subscribe(spread.client(there), b"SUB service 1\r\nUNSUB 1 1")
    requester.send(pub(b"service", b"", b"_INBOX.me.1") + pub(b"service", b"", b"_INBOX.me.2"))
    [request] = service.read(1)
    assert request.reply == b"_INBOX.me.1"
    requester.timeout = 2
    [refusal] = inbox.read(1)
    assert no_responders(refusal) and refusal.subject == b"_INBOX.me.2"


def test_by_default_there_is_one_for_each_core_that_the_process_may_use(serve):
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        server = serve()
    finally:
        os.sched_setaffinity(0, before)
    assert set(run_times_ns(server)) == {0}

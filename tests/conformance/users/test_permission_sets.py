"""Permissions among other things: large sets, counters, limits, traces, several connections.

Spec: accounts-and-auth §12; client-protocol §5.4, §13, §15; checklist 65 to 71.
protocol/test_permissions.py has the rules themselves.
"""
import json
import re

import pytest

from harness.logins import ask_in, no_publish, no_subscribe, pub, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
KEY = Key.of(1)


def users(permissions: str = "", more: str = "", top: str = "") -> str:
    """`u` has the permissions, `free` none; so have the key and, if there are any, `default`."""
    return (f"{LISTEN}{top}authorization {{ {more}\nusers: [ {{ user: free }}\n"
            f"  {{ user: u, permissions: {{ {permissions} }} }}\n  {{ nkey: {KEY.public} }} ] }}\n")


def enter(server, user: str = "u", **options):
    return server.connect(user=user, headers=True, **options)


def traced(subject: str) -> bytes:
    block = "NATS/1.0\r\nNats-Trace-Dest: trace\r\n\r\n"
    return f"HPUB {subject} {len(block)} {len(block)}\r\n{block}\r\n".encode()


# ---- many entries

def test_each_of_a_thousand_entries_counts(start):
    allowed = ", ".join(f'"a.{i}"' for i in range(1000))
    denied = ", ".join(f'"a.{i}"' for i in range(0, 1000, 7))
    server = start(users(f"publish: {{ allow: [{allowed}], deny: [{denied}] }}, "
                         f"subscribe: {{ allow: [{allowed}], deny: [{denied}] }}"))
    with enter(server) as client:
        for i in range(1010):
            is_allowed = i < 1000 and i % 7
            assert say(client, pub(f"a.{i}")) == (b"" if is_allowed else no_publish(f"a.{i}")), i
            if not i % 10:
                assert say(client, f"SUB a.{i} {i}\r\n".encode()) == (
                    b"" if is_allowed else no_subscribe(f"a.{i}")), i


def test_denials_under_a_wildcard_may_be_a_thousand(start):
    denied = ", ".join(f'"a.{i}.>"' for i in range(1000))
    server = start(users(f"subscribe: {{ deny: [{denied}] }}"))
    with enter(server) as client, enter(server, "free") as publisher:
        assert say(client, b"SUB a.> 1\r\nSUB a.*.x q 2\r\n") == b""
        say(publisher, b"".join(pub(f"a.{i}.x") for i in range(990, 1010)))
        got = re.findall(rb"MSG a\.(\d+)\.x (\d) 0", client.ping())
        assert sorted(got) == [(b"%d" % i, sid) for i in range(1000, 1010) for sid in (b"1", b"2")]


def test_a_subject_that_was_refused_before_is_refused_again(start):
    server = start(users("publish: {allow: 'a.*', deny: 'a.x'}"))
    with enter(server) as client, enter(server, "free") as listener:
        say(listener, b"SUB > 1\r\n")
        asked = [pub("a.1"), pub("a.x"), pub("b")]
        assert say(client, b"".join(300 * asked)) == 300 * (no_publish("a.x") + no_publish("b"))
        assert listener.ping() == 300 * b"MSG a.1 1 0\r\n\r\n"


@pytest.mark.parametrize("permissions, subject, is_allowed", [
    ("publish: 'a.*.c'", "a.b.c", True), ("publish: 'a.*.c'", "a.b.d", False),
    ("publish: 'é.*'", "é.ü", True), ("publish: 'é.*'", "e.ü", False),
    ("publish: 'A.b'", "a.b", False), ("publish: '*.*.*'", "a.b", False),
    ("publish: '*.>'", "a", False), ("publish: '*.>'", "a.b.c.d", True),
    ("publish: ['a.>', 'b']", "a." + ".".join(["t"] * 500), True),
    ("publish: {deny: 'a.>'}", "a." + ".".join(["t"] * 500), False),
    ("publish: {allow: 'a.b', deny: 'a.*'}", "a.b", False),
    ("publish: {allow: ['a.*', 'a.b'], deny: 'a.c'}", "a.b", True),
    ("publish: {allow: '*', deny: ['x', 'y']}", "y", False)])
def test_a_subject_is_matched_token_by_token(start, permissions, subject, is_allowed):
    with enter(start(users(permissions))) as client:
        assert say(client, pub(subject)) == (b"" if is_allowed else no_publish(subject))


# ---- what a refusal and a withheld message count as

def test_a_refused_message_counts_as_received(start, connection):
    server = start(users("publish: a"))
    with enter(server) as client:
        say(client, pub("b", body="abc") + pub("a", body="de"))
        shown = connection(server, client.info["client_id"])
        assert (shown["in_msgs"], shown["in_bytes"]) == (2, 5)
        varz = server.json("/varz")
        assert (varz["in_msgs"], varz["in_bytes"], varz["out_msgs"]) == (2, 5, 0)


def test_a_withheld_message_is_not_sent_and_not_counted(start, connection):
    server = start(users("subscribe: {deny: 'a.x'}"))
    with enter(server) as client, enter(server, "free") as publisher:
        say(client, b"SUB a.* 1\r\nUNSUB 1 2\r\n")
        say(publisher, pub("a.x") + pub("a.1") + pub("a.x") + pub("a.2") + pub("a.3"))
        assert client.ping() == b"MSG a.1 1 0\r\n\r\nMSG a.2 1 0\r\n\r\n"
        assert connection(server, client.info["client_id"])["out_msgs"] == 2


def test_a_refused_request_gets_no_answer_of_the_server(start):
    server = start(users("publish: a"))
    with enter(server, no_responders=True) as client:
        assert say(client, b"SUB inbox 1\r\n" + pub("b", "inbox")) == no_publish("b")
        assert b"503" in say(client, pub("a", "inbox"))


def test_a_refused_message_may_be_as_long_as_any(start):
    server = start(users("publish: a"))
    with enter(server) as client, enter(server, "free") as listener:
        say(listener, b"SUB > 1\r\n")
        body = "PUB a 0\r\n\r\n" * 50_000
        assert say(client, pub("b", body=body) + pub("a")) == no_publish("b")
        assert listener.ping() == b"MSG a 1 0\r\n\r\n"


def test_a_message_that_is_too_long_ends_the_connection_whatever_the_subject(start):
    with enter(start(users("publish: a", top="max_payload: 10\n"))) as client:
        client.send(pub("b", body="12345678901"))
        assert client.read_to_close() == b"-ERR 'Maximum Payload Violation'\r\n"


def test_a_refused_subscription_does_not_count(start, connection):
    server = start(users("subscribe: 'a.*'", top="max_subscriptions: 2\n"))
    with enter(server) as client:
        asked = b"SUB x 1\r\nSUB a.1 1\r\nSUB y 2\r\nSUB a.2 2\r\n"
        assert say(client, asked) == no_subscribe("x") + no_subscribe("y")
        assert say(client, b"SUB a.3 3\r\n") == b"-ERR 'maximum subscriptions exceeded'\r\n"
        assert say(client, b"SUB z 3\r\n") == no_subscribe("z")
        assert connection(server, client.info["client_id"])["subscriptions"] == 2


def test_the_number_of_tokens_is_judged_after_the_permission(start):
    server = start(users("subscribe: 'a.>'", top="max_subscription_tokens: 3\n"))
    with enter(server) as client:
        assert say(client, b"SUB b.2.3.4 1\r\n") == no_subscribe("b.2.3.4")
        assert say(client, b"SUB a.2.3.4 1\r\n") == (
            b"-ERR 'Permissions Violation for Subscription to \"a.2.3.4\", too many tokens'\r\n")


# ---- with verbose, echo and pedantic

def test_what_is_refused_is_not_confirmed(start):
    server = start(users("publish: a, subscribe: a"))
    with enter(server, verbose=True) as client:
        client.send(pub("a") + pub("b") + b"SUB a 1\r\nSUB b 2\r\nUNSUB 2\r\n" + pub("a", "_R_.x"))
        client.expect(b"+OK\r\n" + no_publish("b") + b"+OK\r\n" + no_subscribe("b") + b"+OK\r\n"
                      + b"-ERR 'Permissions Violation for Publish with Reply of \"_R_.x\"'\r\n")


def test_nothing_is_echoed_where_echo_is_off(start):
    server = start(users("subscribe: {deny: b}"))
    with enter(server, echo=False) as client:
        assert say(client, b"SUB * 1\r\n" + pub("a") + pub("b")) == b""


# ---- a trace tells of what is withheld

def test_a_trace_says_that_a_subscription_was_denied_the_message(start):
    server = start(users("subscribe: {deny: 'a.x'}"))
    with enter(server) as client, enter(server, "free") as publisher:
        say(client, b"SUB a.* 1\r\n")
        say(publisher, b"SUB trace 9\r\n")
        publisher.send(traced("a.x"))
        size = int(re.fullmatch(rb"MSG trace 9 +(\d+)\r\n", publisher.read_line())[1])
        events = json.loads(publisher.read_exactly(size))["events"]
        assert [event["type"] for event in events] == ["in", "eg"]
        assert events[1]["cid"] == client.info["client_id"]
        assert events[1]["error"] == "Not delivered because subscription denies this subject"
        client.expect_nothing()


# ---- whose permissions

def test_each_kind_of_user_may_have_the_default_ones(start):
    server = start(users("", "default_permissions: { publish: a, subscribe: { deny: s } }"))
    with enter(server, "free") as default, enter(server) as own, \
            ask_in(server, nkey=KEY.public, sig=KEY.sign) as key:
        key.ping()
        asked = pub("a") + pub("b") + b"SUB s 1\r\n"
        for client, answer in ((default, no_publish("b") + no_subscribe("s")), (own, b""),
                               (key, no_publish("b") + no_subscribe("s"))):
            assert say(client, asked) == answer


def test_default_permissions_are_not_for_a_single_user(start):
    server = start(LISTEN + "authorization { user: a, password: p, permissions: {publish: x} }\n")
    with server.connect(user="a", **{"pass": "p"}) as client:
        assert say(client, pub("y")) == b""


def test_what_some_may_does_not_depend_on_the_others(start):
    """Users with the same, with other and without permissions, publishing in turns."""
    rows = "".join(f"{{ user: s{i}, permissions: {{ publish: 'a.{i % 3}' }} }}\n" for i in range(9))
    server = start(f"{LISTEN}authorization {{ users: [\n{rows}] }}\n")
    clients = [enter(server, f"s{i}") for i in range(9)]
    for subject in range(3):
        for i, client in enumerate(clients):
            assert say(client, pub(f"a.{subject}")) == (
                b"" if i % 3 == subject else no_publish(f"a.{subject}"))
    for client in clients:
        client.close()


# ---- answers

ANSWERS = "allow_responses: {max: 1}, subscribe: {deny: 'service.x'}"


def test_a_withheld_request_grants_no_answer(start):
    server = start(users(ANSWERS))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service.* 1\r\n")
        say(requester, b"SUB inbox.> 9\r\n" + pub("service.x", "inbox.1"))
        say(requester, pub("service.a", "inbox.2"))
        assert client.ping() == b"MSG service.a 1 inbox.2 0\r\n\r\n"
        assert say(client, pub("inbox.1")) == no_publish("inbox.1")
        assert say(client, pub("inbox.2")) == b""
        assert requester.ping() == b"MSG inbox.2 9 0\r\n\r\n"


def test_an_answer_is_granted_to_the_connection_that_was_asked(start):
    server = start(users(ANSWERS))
    with enter(server) as client, enter(server) as twin, enter(server, "free") as requester:
        say(client, b"SUB service.* 1\r\n")
        say(requester, pub("service.a", "inbox"))
        client.ping()
        assert say(twin, pub("inbox")) == no_publish("inbox")
        assert say(client, pub("inbox")) == b""


def test_a_second_connect_forgets_what_was_granted(start):
    server = start(users(ANSWERS))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service.* 1\r\n")
        say(requester, pub("service.a", "inbox"))
        client.ping()
        client.connect(user="u")
        assert say(client, pub("inbox")) == no_publish("inbox")


def test_headers_do_not_make_another_answer(start):
    server = start(users(ANSWERS))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service.* 1\r\n")
        say(requester, b"SUB inbox 9\r\n" + pub("service.a", "inbox"))
        client.ping()
        block = b"NATS/1.0\r\nA: b\r\n\r\n"
        answer = b"HPUB inbox 18 18\r\n" + block + b"\r\n"
        assert say(client, answer) == b""
        assert say(client, answer) == no_publish("inbox")
        assert requester.ping() == b"HMSG inbox 9 18 18\r\n" + block + b"\r\n"


def test_two_subscriptions_that_get_a_request_use_up_an_answer(start):
    """The second delivery finds the place for the answer known."""
    server = start(users("allow_responses: {max: 2}"))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service 1\r\nSUB s.> 2\r\nSUB service 3\r\n")
        say(requester, pub("service", "inbox"))
        client.ping()
        assert [say(client, pub("inbox")) for _ in range(2)] == [b"", no_publish("inbox")]


def test_thousands_of_requests_may_wait_for_their_answers(start):
    server = start(users("allow_responses: {max: 1}"))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service 1\r\n")
        say(requester, b"SUB inbox.> 9\r\n")
        for part in range(6):
            say(requester, b"".join(pub("service", f"inbox.{part}.{i}") for i in range(1000)))
            client.ping()
        answers = [pub(f"inbox.{part}.{i}") for part in range(6) for i in (0, 500, 999)]
        assert say(client, b"".join(answers)) == b""
        assert requester.ping().count(b"MSG inbox.") == len(answers)
        assert say(client, answers[0]) == no_publish("inbox.0.0")


def test_a_request_to_oneself_may_be_answered_once(start):
    server = start(users("publish: service, allow_responses: true"))
    with enter(server) as client:
        say(client, b"SUB service 1\r\nSUB inbox 2\r\n")
        assert say(client, pub("service", "inbox")) == b"MSG service 1 inbox 0\r\n\r\n"
        assert say(client, pub("inbox")) == b"MSG inbox 2 0\r\n\r\n"
        assert say(client, pub("inbox")) == no_publish("inbox")


def test_an_answer_may_ask_back_and_is_judged_there(start):
    server = start(users("allow_responses: true"))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service 1\r\nSUB back 2\r\n")
        say(requester, b"SUB inbox 9\r\n" + pub("service", "inbox"))
        client.ping()
        assert say(client, pub("inbox", "back")) == b""
        assert requester.ping() == b"MSG inbox 9 back 0\r\n\r\n"
        assert say(requester, pub("back")) == b""
        assert client.ping() == b"MSG back 2 0\r\n\r\n"

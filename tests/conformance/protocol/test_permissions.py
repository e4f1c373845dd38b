"""What a user may publish and subscribe to.

Spec: accounts-and-auth §12, checklist 65 to 73; client-protocol §5.4.
"""
import json
import re
import time

import pytest

from harness.logins import no_publish, no_subscribe, pub, say

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"


def users(permissions, more: str = "") -> str:
    """The configuration of `free`, who may do everything, and of u0, u1, … with `permissions`."""
    rows = "".join(f"  {{ user: u{i}, password: p, permissions: {{ {text} }} }}\n"
                   for i, text in enumerate(permissions))
    return f"{LISTEN}authorization {{ users: [\n  {{ user: free, password: p }}\n{rows}] }}\n{more}"


def enter(server, user: str = "u0", **options):
    return server.connect(user=user, **{"pass": "p"}, **options)


def judge(start, rows, refusal) -> None:
    """Rows of (permissions, what is asked, whether it is granted): all users on one server."""
    texts = list(dict.fromkeys(text for text, _, _ in rows))
    server = start(users(texts))
    for text, asked, is_granted in rows:
        with enter(server, f"u{texts.index(text)}") as client:
            line, error = refusal(asked)
            got = say(client, line)
            assert got == (b"" if is_granted else error), (text, asked, got)
            client.expect_nothing()


# ---- publishing

PUBLISH = [
    ('publish: "foo.*"', "foo", False), ('publish: "foo.*"', "foo.bar", True),
    ('publish: "foo.*"', "foo.a.b", False), ('publish: "foo.*"', "foo.", False),
    ('publish: "foo.*"', "foo.*", True), ('publish: "foo.*"', "foo.>", True),
    ('publish: ["foo.bar", "foo.*.baz"]', "foo.bar.baz", True),
    ('publish: ["foo.bar", "foo.*.baz"]', "foo.bar.x", False),
    ('publish: ["foo.bar", "foo.*.baz"]', "foo.bar", True),
    ('publish: {allow: ">"}', "foo..a", False), ('publish: {allow: ">"}', "foo.a", True),
    ('publish: {deny: "foo.*"}', "foo", True), ('publish: {deny: "foo.*"}', "foo.bar", False),
    ('publish: {deny: "foo.*"}', "foo.>", False), ('publish: {deny: "foo.*"}', "foo..", True),
    ('publish: {deny: "foo.*"}', "Foo.bar", True),
    ('publish: {allow: ">", deny: "foo.bar"}', "foo.bar", False),
    ('publish: {allow: ">", deny: "foo.bar"}', "foo.bar.baz", True),
    ('publish: {allow: "foo.bar", deny: ">"}', "foo.bar", False),
    ("publish: {allow: []}", "foo", True), ("publish: []", "foo", True),
    ("publish: {}", "foo", True), ("publish: {allow: [], deny: x}", "foo", True),
    ("publish: {allow: [], deny: x}", "x", False), ("", "foo", True),
    ("subscribe: foo", "bar", True), ('publish: "foo*"', "foob", False),
    ("pub: foo", "bar", False), ("import: foo", "bar", False),
]


def test_publishers_may_do_what_is_allowed_and_not_denied(start):
    judge(start, PUBLISH, lambda subject: (pub(subject), no_publish(subject)))


def test_a_refused_message_reaches_nobody_and_the_next_one_is_served(start):
    server = start(users(['publish: "open.>"']))
    with enter(server, "free") as listener, enter(server, verbose=True) as client:
        say(listener, b"SUB > 1\r\n")
        client.send(pub("secret.a", body="PUB open.x 0\r\n") + pub("open.a"))
        client.expect(no_publish("secret.a") + b"+OK\r\n")
        assert listener.ping() == b"MSG open.a 1 0\r\n\r\n"


def test_headers_are_no_way_round(start):
    server = start(users(["publish: open"]))
    block = b"NATS/1.0\r\nA: b\r\n\r\n"
    with enter(server, headers=True) as client:
        client.send(b"HPUB secret %d %d\r\n" % (len(block), len(block)) + block + b"\r\n")
        assert client.ping() == no_publish("secret")


@pytest.mark.parametrize("permissions", ['publish: ">"', "subscribe: x",
                                         'publish: ">", allow_responses: {max: -1}'])
def test_the_servers_own_names_are_denied_to_every_user(start, permissions):
    server = start(users([permissions]))
    with enter(server) as client:
        for subject in ("$NRG.x", "$NRG.", "_GR_.x", "$GR.x"):
            assert say(client, pub(subject)) == no_publish(subject)
        for reply in ("_R_.", "_R_.x", "_GR_.x", "$GR.x", "$JS.ACK.x"):
            assert say(client, pub("a", reply)) == (
                f"-ERR 'Permissions Violation for Publish with Reply of \"{reply}\"'\r\n".encode())
        for reply in ("$JS.ACK.", "_GR_.", "anything.>"):
            assert say(client, pub("a", reply)) == b""


def test_the_subject_is_judged_before_the_reply(start):
    server = start(users(["publish: open"]))
    with enter(server) as client:
        assert say(client, pub("secret", "_R_.x")) == no_publish("secret")


def test_a_trace_goes_only_where_its_sender_may_publish(start):
    server = start(users(['publish: ["a", "ok.>"]']))

    def traced(subject: bytes, dest: bytes) -> bytes:
        block = b"NATS/1.0\r\nNats-Trace-Dest: " + dest + b"\r\n\r\n"
        return b"HPUB " + subject + b" %d %d\r\n" % (len(block), len(block)) + block + b"\r\n"

    with enter(server, "free", headers=True) as listener, enter(server, headers=True) as client:
        say(listener, b"SUB > 1\r\n")
        assert say(client, traced(b"a", b"secret.t")) == no_publish("secret.t")
        listener.expect_nothing()
        assert say(client, traced(b"b", b"ok.t")) == no_publish("b")
        assert listener.read_line().startswith(b"MSG ok.t 1 ")
        assert b'"error":"Permissions Violation for Publish to \\"b\\""' in listener.read_line()
        assert say(client, traced(b"a", b"ok.t")) == b""
        got = listener.read_until(b"]}\r\n") + listener.ping()
        assert b"HMSG a 1 " in got and b"MSG ok.t 1 " in got


# ---- subscribing

SUBSCRIBE = [
    *[('subscribe: "foo.*"', asked, ok) for asked, ok in {
        "foo.bar": True, "foo.*": True, "foo": False, ">": False, "*.*": False,
        "foo.*.>": False, "foo.a.b": False, "foo..": False}.items()],
    *[('subscribe: "foo.>"', asked, ok) for asked, ok in {
        "foo.bar": True, "foo.*": True, "foo.>": True, "foo.*.>": True, "foo.a.b": True,
        "foo": False, "*": False, "*.*": False, "*.>": False, ">": False}.items()],
    *[('subscribe: "*.*"', asked, ok) for asked, ok in {
        "foo.*": True, "*.*": True, "*.a": True, "*": False, "foo": False}.items()],
    ('subscribe: {deny: "foo.bar"}', "foo.bar", False),
    ('subscribe: {deny: "foo.bar"}', "foo.*", True), ('subscribe: {deny: "foo.bar"}', ">", True),
    ('subscribe: {deny: "foo.*"}', "foo.*", False), ('subscribe: {deny: "foo.*"}', "foo.a", False),
    ('subscribe: {deny: "foo.*"}', "foo.>", False), ('subscribe: {deny: "foo.*"}', ">", True),
    ('subscribe: {deny: "foo.*"}', "foo.*.>", True), ('subscribe: {deny: "foo.*"}', "*.a", True),
    ('subscribe: {deny: "*"}', ">", False), ('subscribe: {deny: ">"}', "foo", False),
    ('subscribe: {allow: "foo.*", deny: "foo.bar"}', "foo.bar", False),
    ('subscribe: {allow: "foo.*", deny: "foo.bar"}', "foo.baz", True),
    ("subscribe: {allow: []}", "foo", True), ("subscribe: {}", ">", True),
    ("publish: foo", ">", True), ("sub: foo", "bar", False), ("export: foo", "bar", False),
    # A queue after the subject.
    ("subscribe: foo", "foo", True), ("subscribe: foo", "foo v1", True),
    ('subscribe: "foo v1"', "foo", False), ('subscribe: "foo v1"', "foo v1", True),
    ('subscribe: "foo v1"', "foo x", False),
    ('subscribe: ["foo", "foo v1"]', "foo", True), ('subscribe: ["foo", "foo v1"]', "foo v1", True),
    ('subscribe: ["foo", "foo v1"]', "foo x", False),
    ('subscribe: "foo v1.*"', "foo v1.a", True), ('subscribe: "foo v1.*"', "foo v1.*", True),
    ('subscribe: "foo v1.*"', "foo v1.>", False), ('subscribe: "foo v1.*"', "foo v1", False),
    ('subscribe: "foo v1.>"', "foo v1..", True), ('subscribe: "foo  v1"', "foo v1", True),
    ('subscribe: "foo v*"', "foo v1", False), ('subscribe: "foo v*"', "foo v*", True),
    ('subscribe: ["foo", "foo *"]', "foo any", True),
    ('subscribe: ["foo", "foo *"]', "foo a.b", False),
    ('subscribe: ["foo.>", "foo.* v1"]', "foo.a x", False),
    ('subscribe: ["foo.>", "foo.* v1"]', "foo.> x", False),
    ('subscribe: ["foo.>", "foo.* v1"]', "foo.*.> x", True),
    ('subscribe: {deny: ["foo", "foo q1"]}', "foo x", False),
    ('subscribe: {deny: "foo q1"}', "foo", True), ('subscribe: {deny: "foo q1"}', "foo q1", False),
    ('subscribe: {deny: "foo q1"}', "foo x", True),
    ('subscribe: {deny: ["foo.* q1", "*.bar q2"]}', "foo.bar q1", False),
    ('subscribe: {deny: ["foo.* q1", "*.bar q2"]}', "foo.bar q2", False),
    ('subscribe: {deny: ["foo.* q1", "*.bar q2"]}', "foo.> q1", False),
    ('subscribe: {deny: ["foo.* q1", "*.bar q2"]}', "foo.x q2", True),
    ('subscribe: "foo >"', "foo any.thing", True), ('subscribe: "foo >"', "foo _sys_", False),
]

WIDER = [('subscribe: "foo.*"', "foo.>"), ('subscribe: "foo.*.*"', "foo.*.>"),
         ('subscribe: "*"', ">"), ('subscribe: "*.*"', "foo.>"), ('subscribe: "*.*"', "*.>"),
         ('subscribe: ["foo.>", "foo.* v1"]', "foo.> v1")]


def asked_sub(asked: str) -> tuple:
    subject, *queue = asked.split(" ")
    return f"SUB {asked} 1\r\n".encode(), no_subscribe(subject, *queue)


def test_subscribers_may_do_what_is_allowed_and_not_denied(start):
    judge(start, SUBSCRIBE, asked_sub)


@pytest.mark.gannet_only("the reference lets a wider wildcard through")
def test_a_wildcard_wider_than_what_is_allowed_is_refused(start):
    judge(start, [(*row, False) for row in WIDER], asked_sub)


def test_what_passes_is_judged_by_the_grammar(start):
    server = start(users(['subscribe: "foo.*.bar"', 'subscribe: {deny: "foo.*"}']))
    with enter(server) as client:
        assert say(client, b"SUB foo.>.bar 1\r\n") == b"-ERR 'Invalid Subject'\r\n"
        assert say(client, b"SUB foo..bar 1\r\n") == no_subscribe("foo..bar")
    with enter(server, "u1") as client:
        assert say(client, b"SUB foo.. 1\r\n") == b"-ERR 'Invalid Subject'\r\n"


def test_a_refused_sid_is_free(start):
    server = start(users(["subscribe: open"]))
    with enter(server, verbose=True) as client:
        client.send(b"SUB secret 1\r\nSUB open 1\r\n" + pub("open"))
        client.expect(no_subscribe("secret") + b"+OK\r\n+OK\r\nMSG open 1 0\r\n\r\n")


# ---- a deny that is a part of what is wanted

DELIVERED = [
    # permissions, subscriptions, published, what arrives as "subject sid"
    ('subscribe: {deny: "foo.bar"}', ["foo.* 1"], ["foo.bar", "foo.baz"], ["foo.baz 1"]),
    ('subscribe: {deny: "foo.bar"}', ["foo.> q 1", "> 2"], ["foo.bar", "foo.bar.x"],
     ["foo.bar.x 1", "foo.bar.x 2"]),
    ('subscribe: {allow: "foo.*", deny: "foo.bar"}', ["foo.* q 1"], ["foo.bar", "foo.baz"],
     ["foo.baz 1"]),
    ('subscribe: {deny: "*.secret.>"}', ["> 1"], ["a.secret", "a.secret.b", "b.secret.c.d", "a"],
     ["a.secret 1", "a 1"]),
    ('subscribe: {deny: "foo.bar q1"}', ["foo.* q1 1"], ["foo.bar", "foo.baz"], ["foo.baz 1"]),
    ('subscribe: {deny: "foo.bar q1"}', ["foo.* q2 1"], ["foo.bar"], ["foo.bar 1"]),
    ('subscribe: {deny: "foo.bar q1"}', ["foo.* 1"], ["foo.bar"], ["foo.bar 1"]),
    ('subscribe: {deny: "foo.bar *"}', ["foo.* q1 1", "foo.* 2"], ["foo.bar"], ["foo.bar 2"]),
    ('subscribe: {deny: "foo.* q1"}', ["foo.bar q2 1", "foo.* 2"], ["foo.bar"],
     ["foo.bar 1", "foo.bar 2"]),
    ('subscribe: {deny: ["a.1", "a.2", "a.3"]}', ["a.* 1"], ["a.1", "a.2", "a.4", "a.3", "a.2"],
     ["a.4 1"]),
]


def test_denied_messages_under_a_wildcard_do_not_arrive(start):
    server = start(users([text for text, *_ in DELIVERED]))
    with enter(server, "free") as publisher:
        for number, (text, subs, published, expected) in enumerate(DELIVERED):
            with enter(server, f"u{number}") as client:
                assert say(client, "".join(f"SUB {sub}\r\n" for sub in subs).encode()) == b""
                say(publisher, b"".join(map(pub, published)))
                got = re.findall(rb"MSG (\S+ \d+) 0\r\n\r\n", client.ping())
                assert sorted(got) == sorted(one.encode() for one in expected), (text, subs)


def test_the_receiver_itself_is_no_exception(start):
    server = start(users(['subscribe: {deny: "foo.bar"}']))
    with enter(server) as client:
        assert say(client, b"SUB > 1\r\n" + pub("foo.bar") + pub("foo")) == b"MSG foo 1 0\r\n\r\n"


def test_a_member_that_may_not_get_a_message_leaves_it_to_another(start):
    server = start(users(['subscribe: {deny: "foo.bar"}']))
    with enter(server) as denied, enter(server, "free") as member, \
            enter(server, "free") as publisher:
        say(denied, b"SUB foo.* q 1\r\n")
        say(member, b"SUB foo.* q 1\r\n")
        say(publisher, 50 * pub("foo.bar"))
        assert member.ping() == 50 * b"MSG foo.bar 1 0\r\n\r\n"
        denied.expect_nothing()


def test_a_request_that_every_receiver_is_denied_has_no_responders(start):
    server = start(users(['subscribe: {deny: "foo.bar"}']))
    with enter(server) as denied, \
            enter(server, "free", headers=True, no_responders=True) as requester:
        say(denied, b"SUB foo.* 1\r\n")
        say(requester, b"SUB inbox 9\r\n")
        requester.send(pub("foo.bar", "inbox"))
        requester.expect(b"HMSG inbox 9 39 39\r\nNATS/1.0 503\r\nNats-Subject: foo.bar\r\n\r\n\r\n")
        denied.expect_nothing()


# ---- responses

@pytest.fixture
def responder(start):
    """Starts a server; returns (ask, answer): requests of `free` on "service", and a publish of the
    responder that returns its error. The requests must be answered under "inbox."."""
    opened = []

    def begin(permissions: str):
        server = start(users([permissions]))
        client, requester = enter(server), enter(server, "free")
        opened.extend((client, requester))
        say(client, b"SUB service 1\r\n")
        say(requester, b"SUB inbox.> 9\r\n")

        def ask(reply: str) -> None:
            say(requester, pub("service", reply))
            client.expect(f"MSG service 1 {reply} 0\r\n\r\n".encode())

        def answer(subject: str) -> bool:
            """Whether it was allowed, and then also delivered."""
            error = say(client, pub(subject))
            if error:
                assert error == no_publish(subject)
                requester.expect_nothing()
            else:
                requester.expect(f"MSG {subject} 9 0\r\n\r\n".encode())
            return not error

        return server, ask, answer

    yield begin
    for client in opened:
        client.close()


@pytest.mark.parametrize("permissions", [
    "allow_responses: true", "publish_allow_responses: true", "allow_responses: {max: 0}",
    "publish: other, allow_responses: true", 'publish: {deny: "x"}, allow_responses: true',
    'publish: {allow: []}, allow_responses: {max: 1, expires: "1m"}'])
def test_a_request_may_be_answered_once(responder, permissions):
    _, ask, answer = responder(permissions)
    assert not answer("inbox.1")
    ask("inbox.1")
    assert not answer("inbox.2")
    assert answer("inbox.1")
    assert not answer("inbox.1")
    ask("inbox.1")
    assert answer("inbox.1")


def test_without_responses_nothing_is_granted(responder):
    _, ask, answer = responder("publish: other, allow_responses: false")
    ask("inbox.1")
    assert not answer("inbox.1")


@pytest.mark.parametrize("key", ["max", "max_msgs", "max_messages", "max_responses"])
def test_a_request_may_be_answered_as_often_as_is_said(responder, key):
    _, ask, answer = responder(f"allow_responses: {{ {key}: 3 }}")
    ask("inbox.1")
    ask("inbox.2")
    assert [answer("inbox.1") for _ in range(4)] == [True, True, True, False]
    assert answer("inbox.2")


def test_a_negative_number_is_no_limit(responder):
    _, ask, answer = responder('allow_responses: { max: -1, expires: "-1s" }')
    ask("inbox.1")
    assert all(answer("inbox.1") for _ in range(20))
    assert not answer("inbox.2")


@pytest.mark.parametrize("key", ["expires", "expiration", "ttl"])
def test_an_answer_may_come_too_late(responder, key):
    server, ask, answer = responder(f'allow_responses: {{ max: 5, {key}: "300ms" }}')
    since = time.monotonic()
    ask("inbox.1")
    if not answer("inbox.1"):
        assert time.monotonic() - since > 0.3
    server.wait_for(lambda: time.monotonic() - since > 0.6, "twice the time there is")
    assert not answer("inbox.1")
    ask("inbox.2")


def test_a_deny_does_not_stop_an_answer(responder):
    _, ask, answer = responder(
        'publish: {allow: "inbox.>", deny: "inbox.1"}, allow_responses: true')
    assert not answer("inbox.1")
    ask("inbox.1")
    assert answer("inbox.1")
    assert not answer("inbox.1")


def test_what_is_allowed_anyway_uses_nothing_up(responder):
    _, ask, answer = responder('publish: "inbox.1", allow_responses: true')
    ask("inbox.1")
    assert all(answer("inbox.1") for _ in range(3))


def test_a_repeated_request_uses_an_answer_up(responder):
    _, ask, answer = responder("allow_responses: true")
    ask("inbox.1")
    ask("inbox.1")
    assert not answer("inbox.1")
    ask("inbox.1")
    assert answer("inbox.1")


def test_a_wildcard_as_the_place_for_an_answer_grants_itself_only(responder):
    _, ask, answer = responder("allow_responses: {max: 3}")
    ask("inbox.*")
    assert not answer("inbox.1")
    assert answer("inbox.*")


def test_a_request_does_not_grant_the_servers_own_names(start):
    server = start(users(["allow_responses: true"]))
    with enter(server) as client, enter(server, "free") as requester:
        say(client, b"SUB service 1\r\n")
        say(requester, pub("service", "$NRG.x"))
        client.expect(b"MSG service 1 $NRG.x 0\r\n\r\n")
        assert say(client, pub("$NRG.x")) == no_publish("$NRG.x")


def test_a_member_of_a_group_may_answer_and_the_others_may_not(start):
    server = start(users(["allow_responses: true"]))
    with enter(server) as one, enter(server) as other, enter(server, "free") as requester:
        for client in (one, other):
            say(client, b"SUB service q 1\r\n")
        say(requester, b"SUB inbox 9\r\n" + pub("service", "inbox"))
        got = {client: client.ping() for client in (one, other)}
        (asked,) = (client for client in got if got[client])
        idle = other if asked is one else one
        assert say(idle, pub("inbox")) == no_publish("inbox")
        assert say(asked, pub("inbox")) == b""
        requester.expect(b"MSG inbox 9 0\r\n\r\n")


# ---- whose permissions

def test_users_without_permissions_have_the_default_ones(start):
    server = start(f"""{LISTEN}authorization {{
      default_permissions: {{ publish: {{ deny: secret }}, subscribe: open }}
      users: [
        {{ user: u0, password: p }}
        {{ user: u1, password: p, permissions: {{}} }}
        {{ user: u2, password: p, permissions: {{ publish: secret }} }}
      ] }}\n""")
    asked = pub("secret") + pub("other") + b"SUB secret 1\r\nSUB open 2\r\n"
    for user, expected in (("u0", no_publish("secret") + no_subscribe("secret")), ("u1", b""),
                           ("u2", no_publish("other"))):
        with enter(server, user) as client:
            assert say(client, asked) == expected, user


def test_a_second_connect_brings_other_permissions(start):
    server = start(users(["publish: a", "publish: b"]))
    with enter(server) as client:
        assert say(client, pub("a") + pub("b")) == no_publish("b")
        client.connect(user="u1", **{"pass": "p"})
        assert say(client, pub("a") + pub("b")) == no_publish("a")


def test_a_client_may_ask_for_its_permissions(start):
    server = start(users(['publish: {allow: ["$SYS.REQ.USER.INFO"], deny: b}, '
                          'subscribe: {allow: ["d q", "i.>"], deny: e}, '
                          'allow_responses: {max: 3, expires: "5s"}', 'publish: {deny: b}', ""]))

    def shown(user: str):
        with enter(server, user) as client:
            client.send(b"SUB i.x 1\r\nPUB $SYS.REQ.USER.INFO i.x 0\r\n\r\n")
            assert client.read_line().startswith(b"MSG i.x 1 ")
            return json.loads(client.read_line())["data"].get("permissions")

    of_u0 = shown("u0")
    of_u0["subscribe"]["allow"].sort()  # the lists come in any order
    assert of_u0 == {"publish": {"allow": ["$SYS.REQ.USER.INFO"], "deny": ["b"]},
                     "subscribe": {"allow": ["d q", "i.>"], "deny": ["e"]},
                     "responses": {"max": 3, "ttl": 5_000_000_000}}
    assert shown("u1")["publish"] == {"deny": ["b"]}
    assert shown("u2") == {"publish": {}, "subscribe": {}}
    assert shown("free") is None


# ---- a reload

def test_subscriptions_that_a_reload_forbids_end_and_say_so(start):
    server = start(users(['subscribe: [a, b, "c.>"]']))
    with enter(server) as client, enter(server, "free") as publisher:
        say(client, b"SUB a 1\r\nSUB a q 2\r\nSUB c.* 3\r\nSUB b 4\r\n")
        server.reload(users(['subscribe: {allow: [b, "c.>"], deny: "c.x"}']))
        got = client.ping().splitlines(keepends=True)
        assert sorted(got) == sorted([no_subscribe("a", sid="1"), no_subscribe("a", "q", "2")])
        say(publisher, pub("a") + pub("c.x") + pub("b") + pub("c.y"))
        assert client.ping() == b"MSG b 4 0\r\n\r\nMSG c.y 3 0\r\n\r\n"
        server.wait_log('Removed sub "a" (sid "1") for User "u0" - not authorized')
        server.wait_log('Removed sub "a" using queue "q" (sid "2") for User "u0" - not authorized')
        publisher.expect_nothing()


def test_a_reload_changes_what_may_be_published(start):
    server = start(users(["publish: a"]))
    with enter(server) as client:
        assert say(client, pub("a") + pub("b")) == no_publish("b")
        server.reload(users(["publish: b"]))
        assert say(client, pub("a") + pub("b")) == no_publish("a")


# ---- words

def test_subjects_are_quoted_in_errors(start):
    server = start(users(["publish: a, subscribe: a"]))
    with enter(server) as client:
        assert say(client, b'PUB b"\\ 0\r\n\r\n') == no_publish('b\\"\\\\')
        assert say(client, b'SUB b" q\\ 1\r\n') == no_subscribe('b\\"', "q\\\\")


@pytest.mark.parametrize("sent, logged", [
    (pub("b"), 'Publish Violation - Subject "b"'),
    (pub("a", "_R_.x"), 'Publish Violation - Reply "_R_.x"'),
    (b"SUB b 7\r\n", 'Subscription Violation - Subject "b", SID 7'),
    (b"SUB b q 7\r\n", 'Subscription Violation - Subject "b", Queue: "q", SID 7')])
def test_a_refusal_stands_in_the_log(start, sent, logged):
    server = start(users(["publish: a, subscribe: a"]))
    with enter(server) as client:
        say(client, sent)
    server.wait_log(re.compile(r'\[ERR\] 127\.0\.0\.1:\d+ - cid:\d+ - "\$G/user:u0" - '
                               + re.escape(logged) + "\n"))


@pytest.mark.parametrize("permissions, error", [
    ('publish: "foo q"', 'subject "foo q" is not a valid subject'),
    ('publish: "foo..bar"', 'subject "foo..bar" is not a valid subject'),
    ('publish: {deny: "foo.>.b"}', 'subject "foo.>.b" is not a valid subject'),
    ('subscribe: [""]', 'subject "" is not a valid subject'),
    ('subscribe: [" foo"]', 'subject " foo" is not a valid subject'),
    ('subscribe: ["foo "]', 'subject "foo " is not a valid subject'),
    ('subscribe: "foo q r"', 'subject "foo q r" is not a valid subject'),
    ('subscribe: {deny: "foo q..r"}', 'queue "q..r" is not a valid queue'),
    ('subscribe: "foo >.q"', 'queue ">.q" is not a valid queue'),
    ("publish: {x: y}", "Unknown field name \"x\" parsing subject permissions, only 'allow' or "
                        "'deny' are permitted"),
    ("x: y", 'Unknown field "x" parsing permissions'),
    ("publish: 3", "Expected subject permissions to be a subject, or array of subjects, got int64"),
    ("allow_responses: 3", "error parsing response permissions, expected a boolean or a map"),
    ("allow_responses: {expires: 5}", "error parsing expires, not a duration string")])
def test_permissions_that_are_none_are_refused(run_server, tmp_path, permissions, error):
    path = tmp_path / "nats.conf"
    path.write_text(users([permissions]))
    done = run_server(["-t", "-c", path])
    assert done.returncode == 1
    assert error in done.stderr

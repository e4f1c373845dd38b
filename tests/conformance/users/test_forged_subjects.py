"""Users who write the server's own names where a subject may stand.

Spec: accounts-and-auth §1 rules 10, 11, §12.4; client-protocol §5.4, §15; checklist 72.
"""
import re

import pytest

from harness.logins import no_publish, no_reply, no_subscribe, pub, say

pytestmark = pytest.mark.later_part("users and permissions")

CONFIG = """listen: 127.0.0.1:-1
http: 127.0.0.1:-1
authorization { users: [
  { user: free }
  { user: all, permissions: { publish: ">", subscribe: ">" } }
  { user: deny, permissions: { publish: { deny: x }, subscribe: { deny: x } } }
  { user: answers, permissions: { publish: ">", subscribe: ">", allow_responses: { max: -1 } } }
  { user: narrow, permissions: { publish: [a, "ok.>"], subscribe: [a, "ok.>"] } }
] }
"""
WIDE = ("free", "all", "deny", "answers")
NOBODYS = ("$NRG.x", "$NRG.a.b", "_GR_.x", "_GR_.c.s.x", "$GR.x", "$GR.c.x")  # no client's
ANYBODYS = ("$SYS.x", "$SYS.REQ.SERVER.PING", "$SYS.ACCOUNT.CLIENT.AUTH.ERR", "$JS.API.INFO",
            "$JS.ACK.x", "_R_.x", "$NRG", "$NRGX.x", "$GNR.x", "$MQTT.x", "$KV.x.y", "$JSC.CI.x",
            "_INBOX.x", "$SYS", "_GR_", "$GR")  # subjects of the account like all others
NO_REPLIES = ("_R_.", "_R_.x", "_R_.a.b", "_GR_.x", "_GR_.c.s.x", "$GR.x", "$JS.ACK.x",
              "$JS.ACK.s.c.1.2.3.4.5")
REPLIES = ("_R_", "_GR_.", "$GR.", "$JS.ACK.", "$JS.ACK", "$JS.API.x", "$NRG.x", "$SYS.x",
           "$MQTT.x", "_INBOX.x")


def enter(server, user: str, **options):
    return server.connect(user=user, headers=True, **options)


def hpub(subject: str, reply: str = "", *headers: str) -> bytes:
    block = "NATS/1.0\r\n" + "".join(f"{one}\r\n" for one in headers or ("A: b",)) + "\r\n"
    return f"HPUB {subject} {reply} {len(block)} {len(block)}\r\n{block}\r\n".encode()


def traced(dest: str, *more: str) -> bytes:
    return hpub("a", "", f"Nats-Trace-Dest: {dest}", *more)


def arrived(listener) -> list:
    return re.findall(rb"^H?MSG (\S+) ", listener.ping(), re.M)


@pytest.mark.parametrize("user", WIDE)
def test_nobody_publishes_under_the_names_of_the_servers_own_traffic(start, user):
    server = start(CONFIG)
    with enter(server, "free") as listener, enter(server, user) as client:
        say(listener, b"SUB > 1\r\n")
        for subject in NOBODYS:
            for sent in (pub(subject), hpub(subject), pub(subject, "inbox"), traced(subject),
                         traced(subject, "Nats-Trace-Only: true")):
                assert say(client, sent) == no_publish(subject), sent
        assert arrived(listener) == []


@pytest.mark.parametrize("user", WIDE)
def test_other_names_that_begin_so_are_subjects_of_the_account(start, user):
    server = start(CONFIG)
    with enter(server, "free") as listener, enter(server, user) as client:
        say(listener, b"SUB > 1\r\n")
        for subject in ANYBODYS:
            assert say(client, pub(subject) + hpub(subject)) == b"", subject
            assert arrived(listener) == 2 * [subject.encode()]


@pytest.mark.parametrize("user", WIDE)
def test_some_names_are_no_place_for_an_answer(start, user):
    server = start(CONFIG)
    with enter(server, "free") as listener, enter(server, user) as client:
        say(listener, b"SUB > 1\r\n")
        for reply in NO_REPLIES:
            assert say(client, pub("a", reply) + hpub("a", reply)) == 2 * no_reply(reply)
        assert arrived(listener) == []
        for reply in REPLIES:
            assert say(client, pub("a", reply) + hpub("a", reply)) == b"", reply
        assert arrived(listener) == 2 * len(REPLIES) * [b"a"]


@pytest.mark.parametrize("user", WIDE)
def test_anybody_may_listen_for_what_never_comes(start, user):
    server = start(CONFIG)
    with enter(server, user) as client:
        for subject in (*NOBODYS, *ANYBODYS):
            asked = f"SUB {subject} 1\r\nSUB {subject} q 2\r\nSUB {subject}.> 3\r\n"
            assert say(client, asked.encode() + b"UNSUB 1\r\nUNSUB 2\r\nUNSUB 3\r\n") == b""


def test_a_user_with_few_subjects_has_none_of_these(start):
    server = start(CONFIG)
    with enter(server, "free") as listener, enter(server, "narrow") as client:
        say(listener, b"SUB > 1\r\n")
        for subject in (*NOBODYS, *ANYBODYS):
            for sent in (pub(subject), hpub(subject), traced(subject),
                         traced(subject, "Nats-Trace-Only: true")):
                assert say(client, sent) == no_publish(subject), sent
            assert say(client, f"SUB {subject} 1\r\n".encode()) == no_subscribe(subject)
            assert say(client, f"SUB {subject} q 1\r\n".encode()) == no_subscribe(subject, "q")
        assert arrived(listener) == []


@pytest.mark.parametrize("user", WIDE)
def test_the_queue_of_the_server_is_nobodys(start, user):
    with enter(start(CONFIG), user) as client:
        for subject in ("foo", ">", "$SYS.x"):
            asked = f"SUB {subject} _sys_ 1\r\n".encode()
            assert say(client, asked) == no_subscribe(subject, "_sys_")


@pytest.mark.parametrize("user", WIDE)
@pytest.mark.parametrize("request_of", [
    "$SYS.REQ.SERVER.PING", "$SYS.REQ.SERVER.PING.VARZ", "$SYS.REQ.SERVER.{id}.VARZ",
    "$SYS.REQ.SERVER.{id}.RELOAD", "$SYS.REQ.SERVER.{id}.KICK", "$SYS.REQ.SERVER.{id}.LDM",
    "$SYS.REQ.CLAIMS.UPDATE", "$SYS.REQ.ACCOUNT.$G.CONNZ", "$SYS.REQ.USER.AUTH",
    "$SYS.DEBUG.SUBSCRIBERS", "$JS.API.INFO"])
def test_requests_of_the_system_account_are_answered_by_nobody(start, user, request_of):
    server = start(CONFIG)
    with enter(server, user, no_responders=True) as client:
        subject = request_of.format(id=client.info["server_id"])
        payload = '{"cid": %d}' % client.info["client_id"]
        say(client, b"SUB inbox 1\r\n")
        answer = say(client, pub(subject, "inbox", payload))
        assert answer.startswith(b"HMSG inbox 1 ") and b"NATS/1.0 503\r\n" in answer
        client.expect_nothing()
    assert "Reloaded" not in server.log()


def test_a_client_that_may_answer_is_not_given_the_servers_names(start):
    server = start(CONFIG.replace('publish: ">", subscribe: ">", allow', "allow"))
    with enter(server, "answers") as client, enter(server, "free") as requester:
        say(client, b"SUB service 1\r\n")
        for reply in ("$NRG.x", "_R_.x", "_GR_.x", "$GR.x", "$JS.ACK.x"):
            say(requester, pub("service", reply))
            client.ping()
            assert say(client, pub(reply)) == no_publish(reply)
        for reply in ("$SYS.x", "$JS.API.x", "$MQTT.x"):
            say(requester, pub("service", reply))
            client.ping()
            assert say(client, pub(reply)) == b""


@pytest.mark.parametrize("headers", [
    ["Nats-Trace-Dest: secret"], ["Nats-Trace-Dest: secret", "Nats-Trace-Only: true"],
    ["Nats-Trace-Dest: secret", "Nats-Trace-Hop: 1"], ["Nats-Trace-Dest: secret", "A: b"],
    ["A: b", "Nats-Trace-Dest:secret"]])
def test_a_trace_is_no_way_to_publish(start, headers):
    server = start(CONFIG)
    with enter(server, "free") as listener, enter(server, "narrow") as client:
        say(listener, b"SUB > 1\r\n")
        assert say(client, hpub("a", "", *headers)) == no_publish("secret")
        assert arrived(listener) == []


@pytest.mark.parametrize("headers", [
    ["Nats-Subject: secret"], ["Nats-Reply: secret"], ["Reply-To: secret"],
    ["Nats-Request-Info: {}"], ["Client-Info: {}"], ["Nats-Server-Xkey: x"], ["Status: 503"],
    ["Nats-Msg-Id: 1"], ["Nats-Expected-Stream: S"], ["Nats-Rollup: all"]])
def test_other_headers_are_only_passed_on(start, headers):
    server = start(CONFIG)
    with enter(server, "free") as listener, enter(server, "narrow") as client:
        say(listener, b"SUB > 1\r\n")
        sent = hpub("a", "ok.x", *headers)
        assert say(client, sent) == b""
        assert sent.split(b"\r\n", 1)[1] in listener.ping()


def test_an_operation_of_another_kind_of_connection_is_none(start):
    server = start(CONFIG)
    for operation in (b"RS+ $G secret\r\n", b"RMSG $G secret 0\r\n\r\n", b"LS+ secret\r\n",
                      b"LMSG secret 0\r\n\r\n", b"A+ $SYS\r\n", b"MSG secret 1 0\r\n\r\n",
                      b"HMSG secret 1 12 12\r\nNATS/1.0\r\n\r\n\r\n"):
        with enter(server, "free") as listener, enter(server, "narrow") as client:
            say(listener, b"SUB secret 1\r\n")
            client.send(operation)
            assert client.read_to_close() == b"-ERR 'Unknown Protocol Operation'\r\n", operation
            listener.expect_nothing()

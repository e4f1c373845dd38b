"""Several users with passwords: who comes in, as whom, and what a refusal leaves behind.

Spec: accounts-and-auth §2, §3; checklist 6, 7, 9-11, 14, 18, 19.
"""
import json
import re
import time

import pytest

from harness.logins import VIOLATION, ask_in, is_let_in, lets_in, no_publish, pub, say
from harness.nkeys import Key

pytestmark = pytest.mark.later_part("users and permissions")

LISTEN = "listen: 127.0.0.1:-1\nhttp: 127.0.0.1:-1\n"
OF_B = "$2a$04$abcdefghijklmnopqrstuu12f.Pu8ic0A965BfTwGcW6x7Xin9Xgu"  # bcrypt of "b"
WARNING = "Plaintext passwords detected, use nkeys or bcrypt"


def users(*rows: str, more: str = "") -> str:
    return f"{LISTEN}authorization {{ {more}\nusers: [\n" + "".join(
        f"  {{ {row} }}\n" for row in rows) + "] }\n"


FOUR = users("user: a, password: b", f'user: h, password: "{OF_B}"', "user: open",
             "username: z, pass: 'p\"q'")

LOGINS = [
    ({"user": "a", "pass": "b"}, True), ({"user": "h", "pass": "b"}, True),
    ({"user": "open"}, True), ({"user": "open", "pass": ""}, True),
    ({"user": "z", "pass": 'p"q'}, True), ({"user": "a", "pass": "b", "auth_token": "x"}, True),
    ({"user": "a", "pass": "b", "jwt": "x.y.z"}, True),
    ({"user": "a", "pass": "b", "sig": "x", "nkey": ""}, True),
    ({"user": "a", "pass": "x"}, False), ({"user": "a"}, False),
    ({"user": "A", "pass": "b"}, False),
    ({"user": "a ", "pass": "b"}, False), ({"user": "h", "pass": "x"}, False),
    ({"user": "h", "pass": OF_B}, False), ({"user": "open", "pass": "x"}, False),
    ({"user": "nobody", "pass": "b"}, False), ({"pass": "b"}, False), ({"auth_token": "b"}, False),
    ({"user": "", "pass": ""}, False), ({"jwt": "x.y.z"}, False), ({}, False),
    ({"user": "z", "pass": "b"}, False), ({"user": "a", "pass": 'p"q'}, False),
]


def test_each_user_comes_in_with_the_own_password_only(start):
    server = start(FOUR)
    for options, is_right in LOGINS:
        assert lets_in(server, **options) == is_right, options


def test_an_unknown_user_looks_like_a_wrong_password(start, close_reason):
    server = start(FOUR)
    for options in ({"user": "a", "pass": "x"}, {"user": "nobody", "pass": "x"},
                    {"user": "h", "pass": "x"}):
        with ask_in(server, **options) as client:
            assert client.read_to_close() == VIOLATION
            assert close_reason(server, client.info["client_id"]) == "Authentication Failure"


@pytest.mark.parametrize("kind", "abxy")
def test_every_kind_of_bcrypt_is_known_in_a_list(start, kind):
    hashed = OF_B.replace("$2a$", f"$2{kind}$")
    server = start(users("user: a, password: x", f'user: h, password: "{hashed}"'))
    assert lets_in(server, user="h", **{"pass": "b"})
    assert not lets_in(server, user="h", **{"pass": "c"})


def test_users_may_share_a_password(start):
    server = start(users("user: a, password: p", "user: b, password: p"))
    assert lets_in(server, user="a", **{"pass": "p"})
    assert lets_in(server, user="b", **{"pass": "p"})


@pytest.mark.parametrize("operation", [
    b"PING\r\n", b"SUB a 1\r\n", b"PUB a 0\r\n\r\n", b"x", b"\r\n", b"HPUB a 0 0\r\n\r\n",
    b"UNSUB 1\r\n"])
def test_nothing_comes_before_connect(start, operation):
    with start(FOUR).raw() as client:
        client.read_info()
        client.send(operation)
        assert client.read_to_close() == VIOLATION


def test_an_empty_list_asks_nobody(start):
    server = start(users())
    with ask_in(server, user="anybody", **{"pass": "any"}) as client:
        assert "auth_required" not in client.info
        assert is_let_in(client)
    assert lets_in(server)


@pytest.mark.parametrize("more", ["", "timeout: 5"])
def test_info_asks_for_credentials(start, more):
    server = start(users("user: a, password: b", more=more))
    with server.connect(user="a", protocol=1, **{"pass": "b"}) as client:
        assert client.info["auth_required"] is True  # in the INFO after the first PONG
        assert "nonce" not in client.info
    with server.raw() as client:
        assert client.read_info()["auth_required"] is True
        assert "nonce" not in client.info


@pytest.mark.parametrize("option", [{"account": "x"}, {"account": "$G"}, {"new_account": True}])
def test_an_account_cannot_be_chosen(start, option):
    server = start(FOUR)
    assert not lets_in(server, user="a", **{"pass": "b"}, **option)
    assert lets_in(server, user="a", **{"pass": "b"}, account="", new_account=False)


@pytest.mark.parametrize("value", ['["b"]', "3", "null", "{}", "true"])
def test_credentials_are_strings_or_nothing(start, value):
    with start(FOUR).raw() as client:
        client.read_info()
        client.send(b'CONNECT {"user":"a","pass":%s}\r\n' % value.encode())
        assert client.read_to_close() == (VIOLATION if value == "null" else b"")


# ---- a second CONNECT

def test_a_second_connect_makes_another_user_of_a_client(start, connection):
    server = start(users("user: a, password: p", "user: b, password: p, permissions: {publish: x}"))
    with server.connect(user="a", **{"pass": "p"}) as client:
        cid = client.info["client_id"]
        assert say(client, b"SUB foo 1\r\n") == b""
        assert connection(server, cid, "&auth=1")["authorized_user"] == "a"
        client.connect(user="b", **{"pass": "p"})
        assert say(client, pub("foo")) == no_publish("foo")
        assert connection(server, cid, "&auth=1")["authorized_user"] == "b"


def test_subscriptions_end_with_a_second_connect(start):
    server = start(FOUR)
    with server.connect(user="a", **{"pass": "b"}) as client:
        say(client, b"SUB foo 1\r\n")
        client.connect(user="open", **{"pass": ""})
        assert say(client, pub("foo")) == b""
        assert say(client, b"SUB foo 1\r\n" + pub("foo")) == b"MSG foo 1 0\r\n\r\n"


def test_a_second_connect_keeps_what_it_does_not_say(start):
    server = start(FOUR)
    with server.connect(user="a", **{"pass": "b"}) as client:
        client.send(b'CONNECT {"user":"h"}\r\n')
        assert client.ping() == b""
        client.send(b'CONNECT {"user":"open"}\r\n')
        assert client.read_to_close() == VIOLATION


def test_a_second_connect_that_fails_ends_the_client(start, close_reason):
    server = start(FOUR)
    with server.connect(user="a", **{"pass": "b"}) as listener, \
            server.connect(user="a", **{"pass": "b"}) as client:
        say(listener, b"SUB foo 1\r\n")
        say(client, b"SUB foo 1\r\n")
        client.send(b'CONNECT {"user":"a","pass":"x"}\r\n' + pub("foo"))
        assert client.read_to_close() == VIOLATION
        assert close_reason(server, client.info["client_id"]) == "Authentication Failure"
        listener.expect_nothing()


# ---- what kind of connection

@pytest.mark.parametrize("types, is_in", [
    ('["STANDARD"]', True), ('["standard"]', True), ('["Standard", "WEBSOCKET"]', True),
    ("standard", True), ("[]", True), ('["WEBSOCKET"]', False), ('["websocket", "MQTT"]', False),
    ('["MQTT_WS", "LEAFNODE", "LEAFNODE_WS", "IN_PROCESS"]', False)])
@pytest.mark.parametrize("key", ["allowed_connection_types", "connection_types", "clients"])
def test_a_user_may_be_for_some_kinds_of_connection(start, key, types, is_in):
    server = start(users(f"user: a, password: p, {key}: {types}"))
    assert lets_in(server, user="a", **{"pass": "p"}) == is_in


# ---- the time there is

def test_a_silent_client_is_told_and_closed(start, close_reason):
    server = start(users("user: a, password: b", more="timeout: 0.3"))
    with server.raw() as silent, server.connect(user="a", **{"pass": "b"}) as client:
        cid = silent.read_info()["client_id"]
        since = time.monotonic()
        assert silent.read_to_close() == b"-ERR 'Authentication Timeout'\r\n"
        assert time.monotonic() - since >= 0.2
        assert close_reason(server, cid) == "Authentication Timeout"
        client.expect_nothing()


@pytest.mark.parametrize("written, shown", [("3", 3), ("0.5", 0.5), ('"1500ms"', 1.5), ("1s", 1)])
def test_the_time_there_is_stands_in_varz(start, written, shown):
    server = start(users("user: a, password: b", more=f"timeout: {written}"))
    assert server.json("/varz")["auth_timeout"] == shown


# ---- what the log says

@pytest.mark.parametrize("options, logged", [
    ({"user": "a", "pass": "hidden"}, 'authentication error - User "a"'),
    ({"user": "nobody", "pass": "hidden"}, 'authentication error - User "nobody"'),
    ({"user": 'q"\n\x00é', "pass": "hidden"}, r'authentication error - User "q\"\n\x00é"'),
    ({"user": "a", "auth_token": "hidden"}, 'authentication error - User "a"'),
    ({"auth_token": "hidden"}, 'authentication error - Token "[REDACTED]"'),
    ({"nkey": "UHIDDENNOT", "sig": "hidden"}, 'authentication error - Nkey "UHIDDENNOT"'),
    ({"pass": "hidden"}, "authentication error"), ({}, "authentication error")])
def test_a_refusal_stands_in_the_log_without_secrets(start, options, logged):
    server = start(users("user: a, password: secret", f"nkey: {Key.of(1).public}"), args=["-DV"])
    with ask_in(server, **options) as client:
        assert client.read_to_close() == VIOLATION
        who = f"127.0.0.1:{client.sock.getsockname()[1]} - cid:{client.info['client_id']}"
    server.wait_log(f"[ERR] {who} - {logged}\n")
    server.wait_log(f"[TRC] {who} - ->> [-ERR Authorization Violation]\n")
    server.wait_log(f"[DBG] {who} - Client connection closed: Authentication Failure\n")
    assert "hidden" not in server.log()
    assert "secret" not in server.log()


@pytest.mark.parametrize("options, label", [
    ({"user": "a", "pass": "b"}, "user:a"), ({"user": "h", "pass": "b"}, "user:h"),
    ({"user": "a", "pass": "b", "auth_token": "t"}, "user:a")])
def test_the_log_names_the_user(start, options, label):
    server = start(FOUR, args=["-DV"])
    with server.connect(**options) as client:
        server.wait_log(f' - cid:{client.info["client_id"]} - "$G/{label}" - <<- [PING]\n')


@pytest.mark.parametrize("row, is_warned", [
    ("user: a, password: b", True), (f'user: a, password: "{OF_B}"', False), ("user: a", True),
    (f"nkey: {Key.of(1).public}", False)])
def test_plain_passwords_are_warned_of(start, row, is_warned):
    log = start(users(row)).log()
    assert (f"[WRN] {WARNING}\n" in log) == is_warned


@pytest.mark.parametrize("block, is_warned", [
    ("user: a, password: b", True), (f'user: a, password: "{OF_B}"', False), ("token: t", False),
    ("timeout: 3", False)])
def test_a_single_plain_password_is_warned_of_too(start, block, is_warned):
    log = start(LISTEN + f"authorization {{ {block} }}\n").log()
    assert (f"[WRN] {WARNING}\n" in log) == is_warned


def test_one_warning_does_for_all(start):
    server = start(users(*[f"user: u{i}, password: p" for i in range(20)]))
    assert server.log().count(WARNING) == 1


# ---- who the client is

def test_a_client_may_ask_who_it_is(start):
    server = start(FOUR)
    for user in ("a", "h"):
        with server.connect(user=user, **{"pass": "b"}) as client:
            client.send(b"SUB who 1\r\nPUB $SYS.REQ.USER.INFO who 0\r\n\r\n")
            size = re.fullmatch(rb"MSG who 1 (\d+)\r\n", client.read_line())[1]
            answer = json.loads(client.read_exactly(int(size)))
            assert answer["data"] == {"user": user, "account": "$G", "account_name": "$G"}


@pytest.mark.later_part("events of accounts")
def test_a_refusal_is_told_to_the_account(start):
    server = start(FOUR)
    with server.connect(user="open") as listener:
        say(listener, b"SUB $SYS.> 1\r\n")
        assert not lets_in(server, user="a", **{"pass": "x"})
        line = listener.read_line()
        size = re.fullmatch(rb"MSG \$SYS\.ACCOUNT\.CLIENT\.AUTH\.ERR 1 +(\d+)\r\n", line)[1]
        told = json.loads(listener.read_exactly(int(size)))
        assert told["type"] == "io.nats.server.advisory.v1.client_disconnect"
        assert (told["client"]["user"], told["reason"]) == ("a", "Authentication Failure")


def test_all_users_of_the_list_meet(start):
    server = start(FOUR)
    with server.connect(user="a", **{"pass": "b"}) as one, server.connect(user="open") as other:
        say(one, b"SUB foo 1\r\n")
        say(other, pub("foo", body="x"))
        assert one.ping() == b"MSG foo 1 1\r\nx\r\n"


def test_many_users_have_each_a_password(start):
    server = start(users(*[f"user: u{i}, password: p{i}" for i in range(2000)]))
    for i in (0, 1, 999, 1999):
        assert lets_in(server, user=f"u{i}", **{"pass": f"p{i}"})
        assert not lets_in(server, user=f"u{i}", **{"pass": f"p{i + 1}"})
